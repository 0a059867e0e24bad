#include "broker/node_link.h"

#include <algorithm>
#include <utility>

#include "base/counted.h"
#include "base/log.h"
#include "http/url.h"
#include "registry/secure_node.h"

namespace evmicro::detail {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds kFirstAvoidance{1'000};
constexpr std::size_t kLargestReply = 64U << 10;

const Metadata& requestHeaders() {
  static const Metadata headers = {{"Content-Type", "application/json"}};
  return headers;
}

// After a reply that ends with the connection, there is none for the next message.
bool endsConnection(const HttpHead& head) {
  return head.close || !(head.hasLength || head.chunked);
}

}  // namespace

NodeLink::NodeLink(EventLoop& loop, HttpDialler& dialler, const HttpBrokerOptions& options,
                   const Node& node, Observer& observer)
    : loop_(loop),
      dialler_(dialler),
      options_(options),
      id_(node.id),
      address_(node.dialAddress()),
      wantsTls_(wantsTls(node)),
      observer_(observer),
      backoff_({kFirstAvoidance, std::max<milliseconds>(options.idle, kFirstAvoidance), 0}),
      timer_(loop, [this] { onTimer(); }) {}

void NodeLink::moveTo(const Node& node) {
  std::string address = node.dialAddress();
  if (address == address_ && wantsTls(node) == wantsTls_) return;
  address_ = std::move(address);
  wantsTls_ = wantsTls(node);
  backoff_.reset();  // it was of the old place
  if (!socket_) return;
  if (sent_) {
    moved_ = true;
  } else {
    disconnect();
  }
}

bool NodeLink::hasRoomFor(std::size_t bytes) const noexcept {
  if (waiting_.empty()) return true;
  return waiting_.size() < options_.queueMessages && waitingBytes_ + bytes <= options_.queueBytes;
}

bool NodeLink::push(Delivery&& delivery) {
  const std::size_t bytes = delivery.publication->json.size();
  if (!hasRoomFor(bytes)) {
    noteDrop();
    return false;
  }
  waitingBytes_ += bytes;
  waiting_.push_back(std::move(delivery));
  sendNext();
  return true;
}

void NodeLink::sendNext() {
  if (sent_ || waiting_.empty()) return;
  if (!socket_ && !connect()) return;
  sent_ = true;
  socket_->send(requestHeaders(), Buffer(waiting_.front().publication->json));
  timer_.start(options_.timeout);
}

bool NodeLink::connect() {
  DialOptions dial;
  dial.connectTimeout = options_.timeout;
  dial.maxBodyBytes = kLargestReply;
  if (wantsTls_) {
    dial.tls = options_.clientTls;
    dial.tlsNode = id_;
  }
  auto dialled = dialler_.dial(address_, dial, "/_sub?id=" + pathSegment(id_));
  if (!dialled.ok()) {
    failAll(dialled.status(), dialled.status());
    restWhenIdle();
    return false;
  }
  socket_ = std::move(*dialled);
  socket_->observe(this);
  socket_->setIdleTimeout(options_.idle);
  return true;
}

// The socket may be on the stack.
void NodeLink::disconnect() {
  moved_ = false;
  socket_->observe(nullptr);
  loop_.deleteLater(std::move(socket_));
}

void NodeLink::onMessage(Message& /*reply*/) {
  const HttpHead& head = socket_->lastHead();
  const int code = head.status;
  if (!sent_ || moved_ || endsConnection(head)) disconnect();
  if (!sent_) return restWhenIdle();  // an unexpected message
  timer_.stop();
  if (code >= 200 && code < 300) {
    noteSuccess();
    observer_.onDelivered(*this, takeFirst());
  } else {
    refused(code);
  }
  sendNext();
  restWhenIdle();
}

// The node is healthy, but refuses this message.
void NodeLink::refused(int code) {
  const std::string reason(statusText(code));
  Status why(
      ErrorKind::kRemote, code, "",
      address_ + ": answered " + std::to_string(code) + (reason.empty() ? "" : " " + reason));
  EVMICRO_LOG_DEBUG("broker", "Subscription " << id_ << ": " << why.detail());
  observer_.onFailed(*this, takeFirst(), std::move(why));
}

void NodeLink::onPeerFinished() {
  connectionLost(Status::internal("the connection was closed without a reply"));
}

void NodeLink::onClosed(Status why) {
  if (why.ok()) why = Status::internal("the connection was closed without a reply");
  connectionLost(std::move(why));
}

void NodeLink::connectionLost(Status why) {
  disconnect();
  if (sent_) {
    if (why.kind() == ErrorKind::kUnavailable) {
      failAll(why, why);
    } else {
      failFirst(std::move(why));
      sendNext();
    }
  }
  restWhenIdle();
}

void NodeLink::onTimer() {
  if (!sent_) return observer_.onIdle(*this);
  socket_->abort();
  disconnect();
  failAll(Status::timeout("no answer in time"),
          Status::unavailable("not sent: the subscriber has not answered the previous message"));
  restWhenIdle();
}

Delivery NodeLink::takeFirst() {
  Delivery first = std::move(waiting_.front());
  waiting_.pop_front();
  waitingBytes_ -= first.publication->json.size();
  sent_ = false;
  return first;
}

void NodeLink::failFirst(Status why) {
  why = std::move(why).withContext(address_);
  noteFailure(why);
  observer_.onFailed(*this, takeFirst(), std::move(why));
}

// Messages pushed meanwhile are not affected.
void NodeLink::failAll(Status first, const Status& others) {
  std::deque<Delivery> failed = std::exchange(waiting_, {});
  waitingBytes_ = 0;
  sent_ = false;
  Status why = std::move(first).withContext(address_);
  const Status whyOthers = Status(others).withContext(address_);
  noteFailure(why);
  for (Delivery& delivery : failed) {
    observer_.onFailed(*this, std::move(delivery), std::exchange(why, whyOthers));
  }
}

// --- what is noted and logged

void NodeLink::noteSuccess() {
  backoff_.reset();
  if (failing_.recovered()) {
    EVMICRO_LOG_INFO("broker", "Subscription " << id_ << " receives messages again");
  }
}

void NodeLink::noteFailure(const Status& why) {
  if (failing_.occurred()) {
    EVMICRO_LOG_WARN("broker",
                     "Subscription " << id_ << " does not receive messages: " << why.detail());
  } else {
    EVMICRO_LOG_DEBUG("broker", "Subscription " << id_ << ": " << why.detail());
  }
  avoidUntil_ = EventLoop::now() + backoff_.next();
}

void NodeLink::noteDrop() {
  ++dropped_;
  if (backoff_.failing() || !dropping_.occurred()) return;
  EVMICRO_LOG_WARN("broker", "Subscription " << id_ << " at " << address_ << " is too slow: "
                                             << counted(waiting_.size(), "message")
                                             << " queued, more are dropped");
}

void NodeLink::restWhenIdle() {
  if (!waiting_.empty()) return;
  const std::uint64_t dropped = std::exchange(dropped_, 0);
  if (dropping_.recovered()) {
    EVMICRO_LOG_INFO("broker",
                     "Subscription " << id_ << ": " << counted(dropped, "message") << " dropped");
  }
  // What is known of a failure is kept for a while.
  if (!socket_) timer_.start(backoff_.failing() ? options_.idle : milliseconds(0));
}

}  // namespace evmicro::detail
