#include <evmicro/client_facade.h>

#include <iterator>
#include <list>
#include <mutex>

#include <evmicro/event_loop.h>

#include "base/counted.h"
#include "base/hidden.h"

namespace evmicro {

namespace detail {

FacadeWork::FacadeWork(FacadeCall call) : call_(std::move(call)) {
  const auto timeout = call_.options.timeout;
  if (timeout && timeout->count() > 0) deadline_ = std::chrono::steady_clock::now() + *timeout;
}

Context FacadeWork::context() const {
  Context context;
  if (deadline_) context = context.withDeadline(*deadline_);
  context.metadata() = call_.metadata;
  return context;
}

}  // namespace detail

// Threads add entries; only the loop's thread starts and removes them, and so uses their calls.
struct EVMICRO_HIDDEN ClientFacade::State {
  struct Entry {
    std::shared_ptr<detail::FacadeWork> work;
    Call call;
  };
  using Entries = std::list<std::shared_ptr<Entry>>;

  State(EventLoop& ofClient, Client& to, std::size_t most)
      : client(to), limit(most), loop(&ofClient) {}

  // On the loop. An entry that close() has ended is gone.
  static void start(const std::shared_ptr<State>& self, const std::weak_ptr<Entry>& handle,
                    Entries::iterator place) {
    const auto entry = handle.lock();
    if (!entry) return;
    entry->call = entry->work->start(self->client, [self, place] { self->remove(place); });
  }

  void remove(Entries::iterator place) {
    Entries removed;  // destroyed without the lock
    const std::lock_guard<std::mutex> lock(mutex);
    removed.splice(removed.end(), entries, place);
  }

  Client& client;
  const std::size_t limit;
  std::mutex mutex;
  EventLoop* loop;  // null: closed; guarded by mutex, as are the entries
  Entries entries;
};

ClientFacade::ClientFacade(EventLoop& loop, Client& client, ClientFacadeOptions options)
    : state_(std::make_shared<State>(loop, client, options.limit)) {}

ClientFacade::~ClientFacade() { close(); }

Status ClientFacade::submit(std::shared_ptr<detail::FacadeWork> work) {
  auto entry = std::make_shared<State::Entry>(State::Entry{std::move(work), Call()});
  const std::lock_guard<std::mutex> lock(state_->mutex);
  if (!state_->loop) return Status::cancelled("client facade: it has been closed");
  if (state_->entries.size() >= state_->limit) {
    return Status::overloaded("client facade: " + detail::counted(state_->limit, "call") +
                              " waiting or in progress");
  }
  const std::weak_ptr<State::Entry> handle = entry;
  const auto place = state_->entries.insert(state_->entries.end(), std::move(entry));
  // Under the lock: the loop may be destroyed after close().
  state_->loop->post([state = state_, handle, place] { State::start(state, handle, place); });
  return {};
}

void ClientFacade::close() {
  State::Entries ended;
  {
    const std::lock_guard<std::mutex> lock(state_->mutex);
    state_->loop = nullptr;
    ended.swap(state_->entries);
  }
  for (const auto& entry : ended) {
    entry->call.cancel();
    entry->work->fail(Status::cancelled("client facade: it has been closed"));
  }
}

std::size_t ClientFacade::pending() const {
  const std::lock_guard<std::mutex> lock(state_->mutex);
  return state_->entries.size();
}

}  // namespace evmicro
