// Instead of web_socket_reader.cc, in a build without wslay: requests for WebSockets are refused.
#include "web/web_socket_frames.h"

namespace evmicro::detail {

class WebSocketReader::Frames {};

bool haveWebSocket() noexcept { return false; }

WebSocketReader::WebSocketReader(std::size_t maxMessageBytes) noexcept
    : maxMessageBytes_(maxMessageBytes) {}
WebSocketReader::~WebSocketReader() = default;

WebSocketReader::Event WebSocketReader::read(std::string_view& input) {
  input = {};
  return Event::kNeedMore;
}

}  // namespace evmicro::detail
