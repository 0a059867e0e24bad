#include <evmicro/http_client.h>

#include <map>
#include <new>
#include <optional>
#include <unordered_set>

#include <strings.h>

#include <evmicro/lifetime.h>
#include <evmicro/timer.h>

#include "base/hidden.h"
#include "event/handles.h"
#include "event/loop_event.h"
#include "event/watch.h"
#include "http/curl_library.h"
#include "http/transfer.h"
#include "net/resolver.h"

namespace evmicro {

using namespace detail;

namespace {

constexpr std::chrono::minutes kNameIsGood{1};

}  // namespace

std::string findHeader(const HttpClientHeaders& headers, std::string_view name) {
  for (const auto& [known, value] : headers) {
    const bool same =
        known.size() == name.size() && ::strncasecmp(known.data(), name.data(), name.size()) == 0;
    if (same) return value;
  }
  return {};
}

/// A request in flight. Owned only by the caller's token: dropping that cancels the request.
struct EVMICRO_HIDDEN HttpClient::Transfer {
  Transfer(Multi& owner, HttpClientRequest request, Piece pieces, Done callback);
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;
  ~Transfer();

  HttpTransfer curl;
  Piece piece;  // empty unless streamed
  Done done;
  std::weak_ptr<Transfer> self;
  Call lookup;
  bool begun = false;      // libcurl has it
  Multi* multi = nullptr;  // null before and after the transfer, and once the client has been
                           // destroyed
  // Our own timeout: libcurl's does not run while a request waits for a connection. Destroyed with
  // the request: a token may outlive the loop.
  std::optional<Timer> deadline;
};

/// libcurl's multi handle, and the events that drive it. libcurl's callbacks only record what it
/// requests; all work is done by curl_multi_socket_action() from the loop, and callers are notified
/// when libcurl is not on the stack.
class EVMICRO_HIDDEN HttpClient::Multi {
 public:
  Multi(EventLoop& loop, HttpClientOptions options);
  Multi(const Multi&) = delete;
  Multi& operator=(const Multi&) = delete;
  ~Multi();

  Call send(HttpClientRequest request, Piece piece, Done done);
  void remove(Transfer& transfer) noexcept;
  void expire(Transfer& transfer);
  EventLoop& loop() const noexcept { return loop_; }
  const TlsOptions& tls() const noexcept { return tls_; }

 private:
  /// What to report to a caller: a piece of a streamed body, or the end.
  struct News {
    std::weak_ptr<Transfer> transfer;  // expires when an earlier callback cancels it
    std::string piece;
    std::optional<Result<HttpClientReply>> end;
  };

  void lookUp(Transfer& transfer);
  void begin(Transfer& transfer);
  void detach(Transfer& transfer) noexcept;
  template <typename Value>
  void set(CURLMoption option, Value value);
  void act(curl_socket_t socket, int ready);
  void takePieces(std::vector<News>& news);
  void takeFinished(std::vector<News>& news);
  static void tell(News news);
  int watch(curl_socket_t socket, int interest, event* known);

  static int onTimerRequest(CURLM*, long delay, void* self) noexcept;
  static int onSocketRequest(CURL*, curl_socket_t, int interest, void* self, void* known) noexcept;
  static void onSocket(evutil_socket_t socket, short what, void* self) noexcept;

  /// The addresses of a name, valid until `until`.
  struct KnownName {
    ResolvedAddresses addresses;
    std::chrono::steady_clock::time_point until;
  };

  EventLoop& loop_;
  const TlsOptions tls_;
  Resolver resolver_;
  const Status problem_;                    // there is no libcurl: every request fails with it
  std::map<std::string, KnownName> names_;  // few: the hosts of registries
  std::unordered_set<Transfer*> transfers_;
  std::unordered_set<Transfer*> streams_;  // the streamed ones
  Timer timer_;      // before multi_: libcurl sets it even while it is cleaned up
  CurlMulti multi_;  // frees the socket events, to which only libcurl has pointers, by its socket
                     // callback
  Lifetime lifetime_;
};

HttpClient::Transfer::Transfer(Multi& owner, HttpClientRequest request, Piece pieces, Done callback)
    : curl(std::move(request), owner.tls()), piece(std::move(pieces)), done(std::move(callback)) {
  deadline.emplace(owner.loop(), [this] { multi->expire(*this); });
}

HttpClient::Transfer::~Transfer() {
  if (multi) multi->remove(*this);
}

HttpClient::Multi::Multi(EventLoop& loop, HttpClientOptions options)
    : loop_(loop),
      tls_(std::move(options.tls)),
      resolver_(loop),
      problem_(loadCurl()),
      timer_(loop, [this] { act(CURL_SOCKET_TIMEOUT, 0); }) {
  if (!problem_.ok()) return;
  multi_.reset(curl().curl_multi_init());
  if (!multi_) throw std::bad_alloc();
  set(CURLMOPT_TIMERFUNCTION, &Multi::onTimerRequest);
  set(CURLMOPT_TIMERDATA, static_cast<void*>(this));
  set(CURLMOPT_SOCKETFUNCTION, &Multi::onSocketRequest);
  set(CURLMOPT_SOCKETDATA, static_cast<void*>(this));
  set(CURLMOPT_MAX_HOST_CONNECTIONS, static_cast<long>(options.connectionsPerHost));
  // Kept when idle: libcurl's own limit shrinks with the number of requests in flight.
  set(CURLMOPT_MAXCONNECTS, static_cast<long>(options.connectionsPerHost));
}

HttpClient::Multi::~Multi() {
  for (Transfer* const transfer : transfers_) {
    transfer->multi = nullptr;
    transfer->deadline.reset();
    transfer->lookup.cancel();
    detach(*transfer);
  }
  if (inherited(loop_)) static_cast<void>(multi_.release());
}

// In a child that has inherited the connections, libcurl would end their TLS sessions.
void HttpClient::Multi::detach(Transfer& transfer) noexcept {
  if (!transfer.begun) return;
  if (inherited(loop_)) {
    transfer.curl.leave();
  } else {
    curl().curl_multi_remove_handle(multi_.get(), transfer.curl.handle());
  }
}

template <typename Value>
void HttpClient::Multi::set(CURLMoption option, Value value) {
  if (curl().curl_multi_setopt(multi_.get(), option, value) != CURLM_OK) throw std::bad_alloc();
}

Call HttpClient::Multi::send(HttpClientRequest request, Piece piece, Done done) {
  if (const Status problem = problem_.ok() ? checkRequest(request) : problem_; !problem.ok()) {
    return loop_.defer(lifetime_.guard([problem, done = std::move(done)] { done(problem); }));
  }
  const auto timeout = request.timeout;
  auto transfer =
      std::make_shared<Transfer>(*this, std::move(request), std::move(piece), std::move(done));
  transfer->self = transfer;
  curl().curl_easy_setopt(transfer->curl.handle(), CURLOPT_PRIVATE,
                          static_cast<void*>(transfer.get()));
  transfer->multi = this;
  transfers_.insert(transfer.get());
  if (transfer->piece) streams_.insert(transfer.get());
  transfer->deadline->start(timeout);
  if (transfer->curl.name()) {
    lookUp(*transfer);
  } else {
    begin(*transfer);
  }
  return Call(std::move(transfer));
}

void HttpClient::Multi::lookUp(Transfer& transfer) {
  const auto& [host, port] = *transfer.curl.name();
  if (const auto known = names_.find(host);
      known != names_.end() && loop_.now() < known->second.until) {
    transfer.curl.connectTo(known->second.addresses);
    return begin(transfer);
  }
  transfer.lookup =
      resolver_.resolve(host, port, [this, &transfer](Result<ResolvedAddresses> found) {
        const std::string name = transfer.curl.name()->host;
        if (found.ok()) {
          transfer.curl.connectTo(*found);
          names_[name] = {std::move(*found), loop_.now() + kNameIsGood};
          return begin(transfer);
        }
        const Done done = std::move(transfer.done);
        remove(transfer);
        done(Status::unavailable(name + ": " + found.status().detail()));  // may destroy both
      });
}

// Only arms the timer: nothing is sent before the next turn.
void HttpClient::Multi::begin(Transfer& transfer) {
  if (curl().curl_multi_add_handle(multi_.get(), transfer.curl.handle()) != CURLM_OK) {
    throw std::bad_alloc();
  }
  transfer.begun = true;
}

void HttpClient::Multi::remove(Transfer& transfer) noexcept {
  transfer.multi = nullptr;
  transfer.deadline.reset();
  transfers_.erase(&transfer);
  streams_.erase(&transfer);
  transfer.lookup.cancel();
  detach(transfer);
}

void HttpClient::Multi::expire(Transfer& transfer) {
  const Done done = std::move(transfer.done);
  Result<HttpClientReply> result = transfer.curl.finish(CURLE_OPERATION_TIMEDOUT);
  remove(transfer);
  done(std::move(result));  // may destroy the transfer and the client
}

void HttpClient::Multi::act(curl_socket_t socket, int ready) {
  int running = 0;
  curl().curl_multi_socket_action(multi_.get(), socket, ready, &running);
  std::vector<News> news;
  takePieces(news);
  takeFinished(news);
  const Lifetime::Watch alive = lifetime_.watch();
  for (News& entry : news) {
    tell(std::move(entry));
    if (alive.expired()) return;  // a callback has destroyed the client
  }
}

void HttpClient::Multi::takePieces(std::vector<News>& news) {
  for (Transfer* const transfer : streams_) {
    if (!transfer->curl.succeeding()) continue;
    transfer->deadline->stop();
    std::string piece = transfer->curl.takeBody();
    if (!piece.empty()) news.push_back({transfer->self, std::move(piece), std::nullopt});
  }
}

void HttpClient::Multi::takeFinished(std::vector<News>& news) {
  int left = 0;
  while (const CURLMsg* const message = curl().curl_multi_info_read(multi_.get(), &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    char* owner = nullptr;
    curl().curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &owner);
    auto& transfer = *reinterpret_cast<Transfer*>(owner);
    const CURLcode code = message->data.result;  // removing the handle invalidates the message
    if (code == CURLE_COULDNT_CONNECT && transfer.curl.name()) {
      names_.erase(transfer.curl.name()->host);
    }
    news.push_back({transfer.self, {}, transfer.curl.finish(code)});
    remove(transfer);
  }
}

void HttpClient::Multi::tell(News news) {
  // Kept alive while it runs: the callback of a piece belongs to the transfer, and may drop its
  // token.
  auto transfer = news.transfer.lock();
  if (!transfer) return;
  if (!news.end) return transfer->piece(std::move(news.piece));
  const Done done = std::move(transfer->done);
  transfer.reset();
  done(std::move(*news.end));
}

int HttpClient::Multi::onTimerRequest(CURLM*, long delay, void* self) noexcept {
  Timer& timer = static_cast<Multi*>(self)->timer_;
  delay < 0 ? timer.stop() : timer.start(std::chrono::milliseconds(delay));
  return 0;
}

int HttpClient::Multi::onSocketRequest(CURL*, curl_socket_t socket, int interest, void* self,
                                       void* known) noexcept {
  return static_cast<Multi*>(self)->watch(socket, interest, static_cast<event*>(known));
}

int HttpClient::Multi::watch(curl_socket_t socket, int interest, event* known) {
  EventHandle watcher(known);
  if (interest == CURL_POLL_REMOVE) return 0;
  const int read = (interest & CURL_POLL_IN) != 0 ? EV_READ : 0;
  const int write = (interest & CURL_POLL_OUT) != 0 ? EV_WRITE : 0;
  const auto what = static_cast<short>(read | write | EV_PERSIST);
  if (!watcher) {
    watcher.reset(event_new(loop_.base(), socket, what, &Multi::onSocket, this));
    if (!watcher) return -1;
    curl().curl_multi_assign(multi_.get(), socket, watcher.get());
  } else {
    event_del(watcher.get());
    event_assign(watcher.get(), loop_.base(), socket, what, &Multi::onSocket, this);
  }
  addWatch(loop_, *watcher);             // else the request ends after its time
  static_cast<void>(watcher.release());  // libcurl returns it with CURL_POLL_REMOVE
  return 0;
}

void HttpClient::Multi::onSocket(evutil_socket_t socket, short what, void* self) noexcept {
  const int in = (what & EV_READ) != 0 ? CURL_CSELECT_IN : 0;
  const int out = (what & EV_WRITE) != 0 ? CURL_CSELECT_OUT : 0;
  static_cast<Multi*>(self)->act(socket, in | out);
}

HttpClient::HttpClient(EventLoop& loop, HttpClientOptions options)
    : multi_(std::make_unique<Multi>(loop, std::move(options))) {}
HttpClient::~HttpClient() = default;

Call HttpClient::send(HttpClientRequest request, Done done) {
  return multi_->send(std::move(request), {}, std::move(done));
}

Call HttpClient::stream(HttpClientRequest request, Piece piece, Done done) {
  return multi_->send(std::move(request), std::move(piece), std::move(done));
}

}  // namespace evmicro
