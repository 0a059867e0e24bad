#pragma once

#include <functional>
#include <optional>
#include <string>

#include <evmicro/service.h>
#include <evmicro/stream.h>
#include <evmicro/timer.h>

#include "location.evmicro.h"
#include "places.h"

namespace geo {

/// What an instance that starts does to know what the others know: it takes a snapshot from one of
/// them before it registers, and another one shortly after, for what was published in between.
class Newcomer {
 public:
  /// Both references must outlive it.
  Newcomer(evmicro::Service& service, Places& places);

  /// Turns the loop until a snapshot is there, nobody has one, or a time limit has passed.
  void catchUp();
  /// Takes the second snapshot in a few seconds.
  void catchUpAgainSoon();

 private:
  void begin(int attempts, std::function<void()> done);
  void ended(const evmicro::Status& status, int attempts);
  std::string ownId() const;

  evmicro::Service& service_;
  Places& places_;
  LocationClient others_;
  std::function<void()> done_;
  std::size_t taken_ = 0;
  std::optional<evmicro::ClientStream<SnapshotRequest, Entity>> stream_;
  evmicro::Timer again_;
};

}  // namespace geo
