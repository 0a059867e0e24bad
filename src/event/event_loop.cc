#include <evmicro/event_loop.h>

#include <csignal>
#include <mutex>
#include <new>
#include <stdexcept>
#include <vector>

#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <evmicro/fork.h>
#include <evmicro/timer.h>

#include "base/hidden.h"
#include "event/handles.h"
#include "event/loop_event.h"
#include "event/signals.h"

namespace evmicro {

namespace {

using detail::EventBase;
using detail::EventHandle;

EventBase makeBase() {
  const detail::CHandle<event_config, event_config_free> config(event_config_new());
  if (!config) throw std::bad_alloc();
  // Batches epoll_ctl calls. Safe because no descriptor is dup()ed.
  event_config_set_flag(config.get(), EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST);
  EventBase base(event_base_new_with_config(config.get()));
  if (!base) throw std::runtime_error("evmicro: cannot make an event_base: no descriptor left?");
  return base;
}

// libevent writes to sockets without MSG_NOSIGNAL: a peer that closes must not kill the process.
void ignoreSigpipe() {
  struct sigaction current {};
  if (sigaction(SIGPIPE, nullptr, &current) == 0 && current.sa_handler == SIG_DFL) {
    current.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &current, nullptr);
  }
}

// A standard stream that is closed would be the next descriptor: text for stdout would go into a
// socket. What takes its place cannot be used, so that using it fails as it should.
void fillStandardStreams() {
  for (const int stream : {0, 1, 2}) {
    if (::fcntl(stream, F_GETFD) < 0) ::open("/dev/null", stream == 0 ? O_WRONLY : O_RDONLY);
  }
}

class FileDescriptor {
 public:
  explicit FileDescriptor(int fd) : fd_(fd) {
    if (fd_ < 0) throw std::runtime_error("evmicro: eventfd: no descriptor left?");
  }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  ~FileDescriptor() { ::close(fd_); }
  int get() const noexcept { return fd_; }

 private:
  int fd_;
};

struct Task {
  std::function<void()> work;
};

}  // namespace

struct EVMICRO_HIDDEN EventLoop::State {
  explicit State(event_base* borrowed)
      : owned(borrowed ? nullptr : makeBase()),
        base(borrowed ? borrowed : owned.get()),
        wakeFd(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
        events(base, wakeFd.get(), mutex),
        wake(event_new(base, wakeFd.get(), EV_READ | EV_PERSIST, &State::onWake, this)),
        later(event_new(base, -1, 0, &State::onLater, this)) {
    if (!wake || !later || event_add(wake.get(), nullptr) != 0) throw std::bad_alloc();
    events.guard().watch();
    if (!owned) return;
    event_base_loop(base, EVLOOP_NONBLOCK);  // applies the first changes
    if (!events.guard().watchCollecting()) {
      throw std::runtime_error(
          "evmicro: the system does not watch descriptors: too many watches "
          "(fs.epoll.max_user_watches)?");
    }
  }

  void scheduleLater() {
    const timeval now{0, 0};  // a timeout and not event_active(), so that I/O is not starved
    if (!event_pending(later.get(), EV_TIMEOUT, nullptr)) event_add(later.get(), &now);
  }

  void runLater() {
    const auto work = std::exchange(deferred, {});
    const auto dying = std::exchange(doomed, {});
    for (const std::weak_ptr<Task>& entry : work) {
      if (const auto task = entry.lock()) {
        const auto function = std::move(task->work);
        function();
      }
    }
  }

  void runPosted() {
    std::uint64_t count = 0;
    while (::read(wakeFd.get(), &count, sizeof count) > 0) {
    }
    std::vector<std::function<void()>> work;
    {
      const std::lock_guard<std::mutex> lock(mutex);
      work.swap(posted);
    }
    for (const auto& function : work) function();
  }

  static void onWake(evutil_socket_t, short, void* self) noexcept {
    static_cast<State*>(self)->runPosted();
  }
  static void onLater(evutil_socket_t, short, void* self) noexcept {
    static_cast<State*>(self)->runLater();
  }

  EventBase owned;
  event_base* const base;
  bool turning = false;
  bool stopped = false;

  std::mutex mutex;
  FileDescriptor wakeFd;
  detail::LoopEventList events;  // destroyed before the base
  EventHandle wake;
  EventHandle later;

  std::vector<std::weak_ptr<Task>> deferred;
  std::vector<std::shared_ptr<void>> doomed;

  std::vector<std::function<void()>> posted;  // guarded by mutex

  std::shared_ptr<detail::LoopSignals> signals;  // null until a signal is watched
};

namespace {

class Turning {
 public:
  explicit Turning(bool& flag) : flag_(flag) { flag_ = true; }
  Turning(const Turning&) = delete;
  Turning& operator=(const Turning&) = delete;
  ~Turning() { flag_ = false; }

 private:
  bool& flag_;
};

bool operator==(const timeval& a, const timeval& b) {
  return a.tv_sec == b.tv_sec && a.tv_usec == b.tv_usec;
}

// Whether a callback of `base` is on the stack, whoever turns the base. libevent refuses to turn
// recursively, but prints a line to stderr. It caches the time while callbacks run: so if it
// reports the same time twice while the clock advances, a callback is running.
bool runsCallback(event_base* base) {
  timeval first{};
  timeval second{};
  timeval now{};
  if (event_base_gettimeofday_cached(base, &first) != 0) return false;
  do {
    evutil_gettimeofday(&now, nullptr);
  } while (now == first);
  return event_base_gettimeofday_cached(base, &second) == 0 && first == second;
}

Status nested() {
  return Status::invalid(
      "event loop: a blocking call from inside a callback would wait for itself; use the form "
      "with a callback");
}

}  // namespace

EventLoop::EventLoop() {
  ignoreSigpipe();
  fillStandardStreams();
  state_ = std::make_unique<State>(nullptr);
}

EventLoop::EventLoop(event_base* base) {
  if (!base) throw std::invalid_argument("evmicro: EventLoop needs an event_base");
  ignoreSigpipe();
  state_ = std::make_unique<State>(base);
}

EventLoop::~EventLoop() {
  // Destructors may defer or delete further objects: repeat until nothing is left.
  while (!state_->doomed.empty()) std::exchange(state_->doomed, {}).clear();
}

bool EventLoop::ownsBase() const noexcept { return state_->owned != nullptr; }
bool EventLoop::turning() const noexcept { return state_->turning; }
event_base* EventLoop::base() const noexcept { return state_->base; }
detail::LoopEventList& EventLoop::events() noexcept { return state_->events; }

Status EventLoop::run() {
  if (!ownsBase()) {
    return Status::invalid("event loop: the event_base is borrowed: its owner dispatches it");
  }
  if (turning()) return nested();
  if (Status status = reinitAfterFork(*this); !status.ok()) return status;
  const Turning turning(state_->turning);
  state_->stopped = false;
  while (!state_->stopped) {  // ignore other callers' loopbreak
    if (event_base_loop(state_->base, EVLOOP_NO_EXIT_ON_EMPTY) < 0) return nested();
  }
  return {};
}

void EventLoop::stop() {
  state_->stopped = true;
  if (ownsBase()) event_base_loopbreak(state_->base);
}

Status EventLoop::runUntil(const std::function<bool()>& done) {
  if (turning() || (!ownsBase() && runsCallback(base()))) return nested();
  if (ownsBase()) {
    if (Status status = reinitAfterFork(*this); !status.ok()) return status;
  }
  const Turning turning(state_->turning);
  state_->stopped = false;
  while (!done()) {
    if (state_->stopped) return Status::cancelled("event loop: stopped");
    if (event_base_loop(state_->base, EVLOOP_ONCE | EVLOOP_NO_EXIT_ON_EMPTY) < 0) return nested();
  }
  return {};
}

Status reinitAfterFork(EventLoop& loop) {
  if (!detail::inherited(loop)) return {};
  if (event_reinit(loop.base()) != 0) {
    return Status::internal("event loop: libevent cannot go on after the fork");
  }
  detail::LoopEvent::guardOf(loop).adopt();
  return {};
}

void EventLoop::post(std::function<void()> work) {
  bool first = false;
  {
    const std::lock_guard<std::mutex> lock(state_->mutex);
    first = state_->posted.empty();
    state_->posted.push_back(std::move(work));
  }
  if (!first) return;
  const std::uint64_t one = 1;
  // Fails only if the counter is full, and then the loop wakes up anyway.
  [[maybe_unused]] const auto written = ::write(state_->wakeFd.get(), &one, sizeof one);
}

Call EventLoop::defer(std::function<void()> work) {
  auto task = std::make_shared<Task>(Task{std::move(work)});
  state_->deferred.push_back(task);
  state_->scheduleLater();
  return Call(std::move(task));
}

void EventLoop::deleteLater(std::shared_ptr<void> object) {
  state_->doomed.push_back(std::move(object));
  state_->scheduleLater();
}

Result<Subscription> EventLoop::onSignal(int signal, std::function<void()> onSignal) {
  if (!ownsBase()) {
    return Status::invalid(
        "event loop: signals belong to the owner of the borrowed event_base; call stop() from "
        "its handler");
  }
  try {
    if (!state_->signals) state_->signals = std::make_shared<detail::LoopSignals>(*this);
  } catch (const std::runtime_error& error) {
    return Status::internal(error.what());
  }
  auto watch = detail::LoopSignals::watch(state_->signals, signal, std::move(onSignal));
  if (!watch) {
    return Status::internal("event loop: cannot watch signal " + std::to_string(signal));
  }
  return Subscription(std::move(watch));
}

}  // namespace evmicro
