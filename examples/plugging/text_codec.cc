// A body is: the method and an id, an empty line or the error, the message as protobuf prints it.
#include "text_codec.h"

#include <google/protobuf/message.h>
#include <google/protobuf/text_format.h>

using namespace evmicro;
using google::protobuf::Message;
using google::protobuf::TextFormat;

namespace {

// Removes one line from the front.
bool takeLine(Buffer& body, std::string& line) {
  const std::string_view all = body.contiguous();
  const std::size_t end = all.find('\n');
  if (end == std::string_view::npos) return false;
  line = all.substr(0, end);
  body.drain(end + 1);
  return true;
}

class TextCodec final : public Codec {
 public:
  std::string_view name() const override { return "text"; }

  Status readRequest(Buffer& body, Frame& frame) const override { return readReply(body, frame); }

  Status readReply(Buffer& body, Frame& frame) const override {
    std::string head;
    if (!takeLine(body, head) || !takeLine(body, frame.error)) {
      return Status::invalid("text: the body ends within its head");
    }
    const std::size_t blank = head.find(' ');
    frame.method = head.substr(0, blank);
    frame.id = blank == std::string::npos ? "" : head.substr(blank + 1);
    frame.payloadSize = body.size();
    return {};
  }

  Status readPayload(Frame&, Buffer& body, PayloadTarget target) const override {
    return unmarshal(body, target);
  }

  Status writeRequest(std::string_view method, std::uint64_t seq, PayloadSource payload,
                      Buffer& out) const override {
    return write(std::string(method) + " " + std::to_string(seq), payload, out);
  }

  Status writeReply(const Frame& request, PayloadSource payload, Buffer& out) const override {
    return write(request.method + " " + request.id, payload, out);
  }

  void writeError(const Frame& request, std::string_view error, Buffer& out) const override {
    std::string line(error);
    for (char& c : line) c = c == '\n' ? ' ' : c;
    out.append(request.method + " " + request.id + "\n" + line + "\n");
  }

  Status marshal(PayloadSource payload, Buffer& out) const override {
    auto* const* message = std::get_if<const Message*>(&payload);
    std::string text;
    if (!message) return Status::invalid("text: only protobuf messages are carried");
    if (!TextFormat::PrintToString(**message, &text)) return Status::invalid("text: cannot print");
    out.append(text);
    return {};
  }

  Status unmarshal(Buffer& body, PayloadTarget target) const override {
    auto* const* message = std::get_if<Message*>(&target);
    if (!message) return Status::invalid("text: only protobuf messages are carried");
    if (TextFormat::ParseFromString(body.toString(), *message)) return {};
    return Status::invalid("text: not a valid " + (*message)->GetTypeName());
  }

 private:
  Status write(const std::string& head, PayloadSource payload, Buffer& out) const {
    Buffer text;
    Status status = marshal(payload, text);
    if (!status.ok()) return status;
    out.append(head + "\n\n");
    out.append(std::move(text));
    return {};
  }
};

}  // namespace

std::shared_ptr<const Codec> makeTextCodec() { return std::make_shared<TextCodec>(); }
