#include "event/signals.h"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <mutex>
#include <stdexcept>

#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "event/watch.h"

namespace evmicro::detail {

namespace {

// Slots are reused but never freed, and neither are their descriptors: the handler may be running
// on another thread.
std::atomic<SignalSlot*> slots{nullptr};

std::mutex actions;  // guards what follows
std::array<int, NSIG> watchers{};
std::array<struct sigaction, NSIG> previous{};

int newDescriptor() noexcept { return ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC); }

// Calls only what a signal handler may.
void onSignal(int signal) noexcept {
  const int error = errno;
  const auto which = static_cast<std::size_t>(signal);
  for (SignalSlot* slot = slots.load(); slot; slot = slot->next) {
    if (!slot->watched[which].load()) continue;
    slot->raised[which].fetch_add(1);
    const std::uint64_t one = 1;
    // Fails only if the counter is full, and then the loop wakes up anyway.
    [[maybe_unused]] const auto written = ::write(slot->fd, &one, sizeof one);
  }
  errno = error;
}

SignalSlot& takeSlot() {
  for (SignalSlot* slot = slots.load(); slot; slot = slot->next) {
    if (!slot->used.exchange(true)) return *slot;
  }
  auto slot = std::make_unique<SignalSlot>();
  slot->used = true;
  slot->fd = newDescriptor();
  if (slot->fd < 0) throw std::runtime_error("evmicro: signals: no descriptor left?");
  slot->next = slots.load();
  while (!slots.compare_exchange_weak(slot->next, slot.get())) {
  }
  return *slot.release();
}

bool acquire(int signal) noexcept {
  if (signal <= 0 || signal >= NSIG) return false;
  const auto which = static_cast<std::size_t>(signal);
  const std::lock_guard<std::mutex> lock(actions);
  if (watchers[which] == 0) {
    struct sigaction ours {};
    ours.sa_handler = &onSignal;
    ours.sa_flags = SA_RESTART;
    sigfillset(&ours.sa_mask);
    if (::sigaction(signal, &ours, &previous[which]) != 0) return false;
  }
  ++watchers[which];
  return true;
}

void release(int signal) noexcept {
  const auto which = static_cast<std::size_t>(signal);
  const std::lock_guard<std::mutex> lock(actions);
  if (--watchers[which] == 0) ::sigaction(signal, &previous[which], nullptr);
}

}  // namespace

class LoopSignals::Watch {
 public:
  Watch(const std::shared_ptr<LoopSignals>& signals, int number, std::function<void()> callback)
      : signals_(signals),
        signal(number),
        onSignal(std::make_shared<const std::function<void()>>(std::move(callback))) {}
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
  ~Watch() {
    if (const auto signals = signals_.lock()) signals->remove(*this);
  }

 private:
  const std::weak_ptr<LoopSignals> signals_;

 public:
  const int signal;
  const std::shared_ptr<const std::function<void()>> onSignal;  // may outlive this while it runs
};

// That of a watch that still exists, if it is one of `signal`.
std::shared_ptr<const std::function<void()>> LoopSignals::functionOf(
    const std::weak_ptr<Watch>& handle, int signal) {
  const auto watch = handle.lock();
  return watch && watch->signal == signal ? watch->onSignal : nullptr;
}

LoopSignals::LoopSignals(EventLoop& loop)
    : slot_(takeSlot()), readable_(loop, slot_.fd, EV_READ | EV_PERSIST, &onReadable, this) {
  if (addWatch(loop, *readable_.get())) return;
  slot_.used = false;
  throw std::runtime_error("evmicro: signals: the system does not watch a descriptor");
}

LoopSignals::~LoopSignals() {
  for (int signal = 1; signal < NSIG; ++signal) {
    const auto which = static_cast<std::size_t>(signal);
    if (slot_.watched[which].exchange(false)) release(signal);
    slot_.raised[which] = 0;
  }
  slot_.used = false;
}

std::shared_ptr<LoopSignals::Watch> LoopSignals::watch(const std::shared_ptr<LoopSignals>& self,
                                                       int signal, std::function<void()> onSignal) {
  if (signal <= 0 || signal >= NSIG) return nullptr;
  auto& watched = self->slot_.watched[static_cast<std::size_t>(signal)];
  if (!watched.exchange(true) && !acquire(signal)) {  // before the first can come
    watched = false;
    return nullptr;
  }
  auto made = std::make_shared<Watch>(self, signal, std::move(onSignal));
  self->watches_.push_back(made);
  return made;
}

// Called by a destructor: the pointer to `gone` has expired.
void LoopSignals::remove(const Watch& gone) noexcept {
  bool more = false;
  const auto over = [&](const std::weak_ptr<Watch>& each) {
    const auto watch = each.lock();
    more = more || (watch && watch->signal == gone.signal);
    return !watch;
  };
  watches_.erase(std::remove_if(watches_.begin(), watches_.end(), over), watches_.end());
  const auto which = static_cast<std::size_t>(gone.signal);
  if (!more && slot_.watched[which].exchange(false)) release(gone.signal);
}

void LoopSignals::onReadable(evutil_socket_t fd, short, void* context) noexcept {
  auto* const self = static_cast<LoopSignals*>(context);
  std::uint64_t count = 0;
  while (::read(fd, &count, sizeof count) > 0) {
  }
  for (int signal = 1; signal < NSIG; ++signal) {
    const unsigned times = self->slot_.raised[static_cast<std::size_t>(signal)].exchange(0);
    for (unsigned i = 0; i < times; ++i) self->deliver(signal);
  }
}

void LoopSignals::deliver(int signal) {
  const auto watches = watches_;  // callbacks add and remove
  for (const std::weak_ptr<Watch>& each : watches) {
    const auto onSignal = functionOf(each, signal);
    if (onSignal) (*onSignal)();
  }
}

void lockSignals() noexcept { actions.lock(); }
void unlockSignals() noexcept { actions.unlock(); }

void isolateSignals() noexcept {
  for (SignalSlot* slot = slots.load(); slot; slot = slot->next) {
    const int fresh = newDescriptor();
    if (fresh < 0) continue;  // the parent is woken in vain
    ::dup3(fresh, slot->fd, O_CLOEXEC);
    ::close(fresh);
  }
}

}  // namespace evmicro::detail
