#include "http/exchange.h"

#include <utility>

#include "http/evhttp_gate.h"
#include "http/server_core.h"

namespace evmicro::detail {

HttpExchange::State::State(EventLoop& eventLoop, EvhttpGate& connectionOfIt,
                           const HttpHead& headOfIt, Message&& messageOfIt)
    : loop(eventLoop),
      connection(&connectionOfIt),
      head(headOfIt),
      message(std::move(messageOfIt)) {
  const HttpTarget target = splitHttpTarget(head.target);
  path = target.path;
  query = target.query;
}

void HttpExchange::State::peerLeft(const std::shared_ptr<State>& state) {
  state->connection = nullptr;
  state->left = true;
  if (state->gone) tellGone(state);
}

void HttpExchange::State::tellGone(const std::shared_ptr<State>& state) {
  const std::weak_ptr<State> watch = state;
  state->tellingGone = state->loop.defer([watch] {
    const auto alive = watch.lock();
    if (!alive) return;
    const auto tell = std::exchange(alive->gone, nullptr);
    tell();  // may destroy the exchange
  });
}

HttpExchange::HttpExchange(std::shared_ptr<State> state) noexcept : state_(std::move(state)) {}
HttpExchange::HttpExchange(HttpExchange&& other) noexcept = default;
HttpExchange::~HttpExchange() {
  if (state_) reply(500, {}, "request dropped by its handler\n");
}

const std::string& HttpExchange::method() const noexcept { return state_->head.method; }
const std::string& HttpExchange::path() const noexcept { return state_->path; }
const std::string& HttpExchange::query() const noexcept { return state_->query; }
const HttpHead& HttpExchange::head() const noexcept { return state_->head; }
Message& HttpExchange::message() noexcept { return state_->message; }

std::string HttpExchange::peerAddress() const {
  return state_->connection ? state_->connection->peerAddress() : std::string();
}

void HttpExchange::onGone(std::function<void()> gone) {
  if (!state_->connection && !state_->left) return;
  state_->gone = std::move(gone);
  if (state_->left && state_->gone) State::tellGone(state_);
}

void HttpExchange::reply(int status, const Headers& headers, std::string_view body) {
  send(status, headers, body, false);
}
void HttpExchange::replyAndClose(int status, const Headers& headers, std::string_view body) {
  send(status, headers, body, true);
}

void HttpExchange::send(int status, const Headers& headers, std::string_view body, bool close) {
  state_->tellingGone.cancel();
  state_->left = false;
  EvhttpGate* connection = std::exchange(state_->connection, nullptr);
  if (connection) connection->answer(status, headers, body, close);
}

}  // namespace evmicro::detail
