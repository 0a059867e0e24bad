#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <evmicro/call.h>
#include <evmicro/event_loop.h>
#include <evmicro/lifetime.h>

namespace evmicro::detail {

/// Keeps within a budget what all connections of a listener hold together: requests that are not
/// complete, and replies that their peers have not taken. A limit per connection alone does not
/// bound that: forty peers with half a body each hold forty bodies. Above the budget the
/// connections that hold most are given up, one after another, in a turn of the loop of its own.
class MemoryBudget {
 public:
  /// A connection.
  class Holder {
   public:
    Holder() = default;
    Holder(const Holder&) = delete;
    Holder& operator=(const Holder&) = delete;

   protected:
    /// forget() comes first.
    virtual ~Holder() = default;

   private:
    friend class MemoryBudget;
    /// Now.
    virtual std::size_t heldBytes() const noexcept = 0;
    /// Breaks the connection and lets go of what it holds. May destroy this, and the budget.
    virtual void giveUp() = 0;

    std::size_t counted_ = 0;  // of heldBytes()
    std::size_t place_ = 0;    // among holders_, while something is counted
  };

  /// `most` 0: no limit. `loop` must outlive it.
  MemoryBudget(EventLoop& loop, std::size_t most) : loop_(loop), most_(most) {}
  MemoryBudget(const MemoryBudget&) = delete;
  MemoryBudget& operator=(const MemoryBudget&) = delete;

  /// Whether something of `holder` is counted.
  static bool counts(const Holder& holder) noexcept { return holder.counted_ != 0; }
  /// What it holds has changed.
  void update(Holder& holder) { count(holder, holder.heldBytes()); }
  void forget(Holder& holder) { count(holder, 0); }

  std::size_t held() const noexcept { return held_; }
  /// How many connections were given up so far.
  std::uint64_t givenUp() const noexcept { return givenUp_; }

 private:
  void count(Holder& holder, std::size_t bytes);
  void enforce();
  Holder& largest();
  void trimWhenMuchIsFree();

  EventLoop& loop_;
  const std::size_t most_;
  std::size_t held_ = 0;
  std::size_t peak_ = 0;  // since memory was last given back to the system
  std::uint64_t givenUp_ = 0;
  std::vector<Holder*> holders_;
  bool mustEnforce_ = false;
  Call enforcing_;
  Lifetime lifetime_;
};

}  // namespace evmicro::detail
