#include <evmicro/web_body.h>

#include <utility>

#include "web/connection.h"

namespace evmicro {

WebBody::WebBody(std::shared_ptr<detail::WebBodyState> state) noexcept : state_(std::move(state)) {}
WebBody::WebBody(WebBody&&) noexcept = default;

WebBody::~WebBody() {
  if (!state_) return;
  state_->discarded = true;
  state_->onPart.reset();
  state_->onEnd = nullptr;
  state_->telling = Call();
  if (state_->connection) state_->connection->bodyWantedChanged();
}

void WebBody::onPart(std::function<void(std::string_view)> onPart) {
  state_->onPart =
      onPart ? std::make_shared<const std::function<void(std::string_view)>>(std::move(onPart))
             : nullptr;
  if (state_->connection) state_->connection->bodyWantedChanged();
}

void WebBody::onEnd(std::function<void(const Status&)> onEnd) {
  state_->onEnd = std::move(onEnd);
  if (state_->end) state_->finish(*state_->end);
}

void WebBody::pause() {
  state_->paused = true;
  if (state_->connection) state_->connection->bodyWantedChanged();
}

void WebBody::resume() {
  state_->paused = false;
  if (state_->connection) state_->connection->bodyWantedChanged();
}

}  // namespace evmicro
