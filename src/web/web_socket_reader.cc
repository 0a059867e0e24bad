#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

#include <wslay/wslay.h>

#include "base/utf8.h"
#include "web/web_socket_frames.h"

namespace evmicro::detail {

namespace {

constexpr int kProtocolError = 1002;
constexpr int kBadText = 1007;
constexpr int kTooBig = 1009;

}  // namespace

// The frame parser of wslay, whose buffer takes 4 KiB. It reads through a callback.
class WebSocketReader::Frames {
 public:
  Frames() {
    wslay_frame_callbacks callbacks{};
    callbacks.recv_callback = onRecv;
    if (wslay_frame_context_init(&context_, &callbacks, this) != 0) throw std::bad_alloc();
  }
  Frames(const Frames&) = delete;
  Frames& operator=(const Frames&) = delete;
  ~Frames() { wslay_frame_context_free(context_); }

  // Returns a negative wslay_error, or the number of bytes in `frame`.
  ssize_t read(std::string_view& input, wslay_frame_iocb& frame) {
    input_ = &input;
    return wslay_frame_recv(context_, &frame);
  }

  // Whether it holds nothing: all that it was fed is part of frames that are complete.
  bool empty() const noexcept { return fed_ == framed_; }
  void countHead(const wslay_frame_iocb& frame) noexcept {
    const std::uint64_t size = frame.payload_length;
    framed_ += 2 + (size < 126 ? 0 : size <= 0xFFFF ? 2 : 8) + (frame.mask ? 4 : 0);
  }
  void countPayload(std::size_t bytes) noexcept { framed_ += bytes; }

 private:
  static ssize_t onRecv(std::uint8_t* buffer, std::size_t size, int /*flags*/,
                        void* self) noexcept {
    auto& frames = *static_cast<Frames*>(self);
    const std::size_t taken = std::min(size, frames.input_->size());
    if (taken == 0) return -1;
    std::memcpy(buffer, frames.input_->data(), taken);
    frames.input_->remove_prefix(taken);
    frames.fed_ += taken;
    return static_cast<ssize_t>(taken);
  }

  wslay_frame_context_ptr context_ = nullptr;
  std::string_view* input_ = nullptr;
  std::uint64_t fed_ = 0;
  std::uint64_t framed_ = 0;
};

bool haveWebSocket() noexcept { return true; }

WebSocketReader::WebSocketReader(std::size_t maxMessageBytes) noexcept
    : maxMessageBytes_(maxMessageBytes) {}
WebSocketReader::~WebSocketReader() = default;

WebSocketReader::Event WebSocketReader::read(std::string_view& input) {
  for (;;) {
    if (code_ != 0) {
      input = {};
      return Event::kNeedMore;
    }
    if (!frames_) {
      if (input.empty()) return Event::kNeedMore;
      frames_ = std::make_unique<Frames>();
    }
    wslay_frame_iocb next{};
    const ssize_t size = frames_->read(input, next);
    if (size == WSLAY_ERR_WANT_READ) {
      if (!inFrame_ && frames_->empty()) frames_.reset();
      return Event::kNeedMore;
    }
    if (size < 0) return fail(kProtocolError, "malformed frame");
    const Event event = take(next);
    if (event != Event::kNeedMore) return event;
  }
}

// A frame, or the next part of one.
WebSocketReader::Event WebSocketReader::take(const wslay_frame_iocb& part) {
  if (!std::exchange(inFrame_, true)) {
    frames_->countHead(part);
    left_ = part.payload_length;
    if (const Event refused = beginFrame(part); refused != Event::kNeedMore) return refused;
  }
  frames_->countPayload(part.data_length);
  left_ -= part.data_length;
  const bool control = wslay_is_ctrl_frame(part.opcode) != 0;
  (control ? control_ : message_)
      .append(reinterpret_cast<const char*>(part.data), part.data_length);
  if (left_ > 0) return Event::kNeedMore;
  inFrame_ = false;
  return control ? endControl(static_cast<WebSocketOpcode>(part.opcode)) : endData(part.fin != 0);
}

WebSocketReader::Event WebSocketReader::beginFrame(const wslay_frame_iocb& frame) {
  if (!frame.mask) return fail(kProtocolError, "the frame is not masked");
  if (frame.rsv != 0) return fail(kProtocolError, "reserved bits are set");
  switch (static_cast<WebSocketOpcode>(frame.opcode)) {
    case WebSocketOpcode::kClose:
    case WebSocketOpcode::kPing:
    case WebSocketOpcode::kPong: return Event::kNeedMore;
    case WebSocketOpcode::kContinuation:
      if (!inMessage_) return fail(kProtocolError, "no message to continue");
      break;
    case WebSocketOpcode::kText:
    case WebSocketOpcode::kBinary:
      if (inMessage_) return fail(kProtocolError, "the message before is not complete");
      messageIsText_ = static_cast<WebSocketOpcode>(frame.opcode) == WebSocketOpcode::kText;
      break;
    default: return fail(kProtocolError, "reserved opcode");
  }
  if (maxMessageBytes_ > 0 && frame.payload_length > maxMessageBytes_ - message_.size()) {
    return fail(kTooBig, "the message is too large");
  }
  return Event::kNeedMore;
}

WebSocketReader::Event WebSocketReader::endData(bool fin) {
  inMessage_ = !fin;
  if (!fin) return Event::kNeedMore;
  text_ = messageIsText_;
  if (text_ && !isUtf8(message_)) return fail(kBadText, "the text is not UTF-8");
  payload_ = std::exchange(message_, {});
  return Event::kMessage;
}

WebSocketReader::Event WebSocketReader::endControl(WebSocketOpcode opcode) {
  payload_ = std::exchange(control_, {});
  if (opcode == WebSocketOpcode::kPing) return Event::kPing;
  return opcode == WebSocketOpcode::kPong ? Event::kPong : close();
}

WebSocketReader::Event WebSocketReader::close() {
  if (payload_.size() == 1) return fail(kProtocolError, "malformed close frame");
  int code = kNoCode;
  if (!payload_.empty()) {
    code = static_cast<unsigned char>(payload_[0]) << 8 | static_cast<unsigned char>(payload_[1]);
    payload_.erase(0, 2);
    if (!isCloseCode(code)) return fail(kProtocolError, "invalid close code");
    if (!isUtf8(payload_)) return fail(kBadText, "the reason is not UTF-8");
  }
  finish(code);
  return Event::kClose;
}

WebSocketReader::Event WebSocketReader::fail(int code, std::string reason) {
  payload_ = std::move(reason);
  finish(code);
  return Event::kFailed;
}

void WebSocketReader::finish(int code) {
  code_ = code;
  frames_.reset();
  std::string().swap(message_);
}

}  // namespace evmicro::detail
