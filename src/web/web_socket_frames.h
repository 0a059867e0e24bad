#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

struct wslay_frame_iocb;

namespace evmicro::detail {

/// Opcodes of RFC 6455.
enum class WebSocketOpcode : unsigned char {
  kContinuation = 0x0,
  kText = 0x1,
  kBinary = 0x2,
  kClose = 0x8,
  kPing = 0x9,
  kPong = 0xA,
};

/// Stands for a close frame without a code; never sent.
constexpr int kNoCode = 1005;

/// Appends the head of an unmasked frame, as servers send them: the first and last of its message.
void appendFrameHead(std::string& out, WebSocketOpcode opcode, std::size_t payloadSize);

/// The payload of a close frame. `code` and `reason` are made fit to be sent, see
/// WebSocket::close().
std::string closePayload(int code, std::string_view reason);

/// Whether a close frame may carry `code`.
bool isCloseCode(int code) noexcept;

/// Whether wslay, which parses frames, is built in.
bool haveWebSocket() noexcept;

/// Reads the frames of a client and gathers messages from them. Between frames it holds no buffer.
class WebSocketReader {
 public:
  enum class Event {
    kNeedMore,
    kMessage,  ///< text() tells which kind
    kPing,
    kPong,
    kClose,   ///< code() is 1005 if there was none; all further input is discarded
    kFailed,  ///< a violation: close with code(); all further input is discarded
  };

  explicit WebSocketReader(std::size_t maxMessageBytes) noexcept;
  WebSocketReader(const WebSocketReader&) = delete;
  WebSocketReader& operator=(const WebSocketReader&) = delete;
  ~WebSocketReader();

  /// Goes on with `input` and removes what it has consumed, which may be more than one event needs:
  /// call it until kNeedMore, also with empty input.
  Event read(std::string_view& input);

  /// Of the last event: the message, the payload of a ping or pong, the reason of a close or
  /// failure. May be moved out.
  std::string& payload() noexcept { return payload_; }
  bool text() const noexcept { return text_; }
  /// Bytes of a message that is not complete.
  std::size_t heldBytes() const noexcept { return message_.size(); }
  int code() const noexcept { return code_; }

 private:
  class Frames;  // wslay

  Event take(const wslay_frame_iocb& part);
  Event beginFrame(const wslay_frame_iocb& frame);
  Event endData(bool fin);
  Event endControl(WebSocketOpcode opcode);
  Event close();
  Event fail(int code, std::string reason);
  void finish(int code);

  const std::size_t maxMessageBytes_;
  std::unique_ptr<Frames> frames_;  // null between frames
  std::string message_;             // gathered so far
  std::string control_;             // payload of a control frame, gathered so far
  std::string payload_;
  std::uint64_t left_ = 0;  // payload of the frame that has not arrived
  bool inFrame_ = false;
  bool inMessage_ = false;  // a fragment without FIN was the last
  bool messageIsText_ = false;
  bool text_ = false;
  int code_ = 0;
};

}  // namespace evmicro::detail
