// json-rpc: one object per body. The envelope is found by a scanner that returns its members as
// text (json_envelope.h); only the payload is decoded.

#include <charconv>
#include <limits>

#include <google/protobuf/message.h>

#include <evmicro/codec.h>

#include "codec/json_envelope.h"
#include "codec/payload_problem.h"
#include "json/message_writer.h"
#include "json/reader.h"
#include "json/scanner.h"
#include "json/text.h"

namespace evmicro {

namespace {

using detail::JsonEnvelope;
using detail::JsonScanner;
using detail::PayloadProblem;
using google::protobuf::Message;

Status refuse(std::string_view detail) {
  return Status::invalid("json-rpc: " + std::string(detail));
}

Status refuseOther() {
  return refuse(
      "the payload has a type of its own, which is neither a protobuf message nor a JsonDocument: "
      "use the content type of a codec that knows the type");
}

// `json` has been checked. Empty text and null mean the default value.
Status assign(std::string_view json, std::string_view name, PayloadTarget target) {
  const bool isDefault = json.empty() || json == "null";
  if (auto* const* document = std::get_if<JsonDocument*>(&target)) {
    (*document)->text = isDefault ? "{}" : json;
    return {};
  }
  auto* const* message = std::get_if<Message*>(&target);
  if (!message) return refuseOther();
  if (isDefault) {
    (*message)->Clear();
    return {};
  }
  return detail::readJson(json, name, **message).withContext("json-rpc");
}

Status appendDocument(const JsonDocument& document, std::string& out) {
  JsonScanner scanner(document.text);
  const std::string_view value = scanner.value();
  if (!scanner.ok() || !scanner.atEnd()) {
    return refuse("the document to send is not valid JSON: " + scanner.problem());
  }
  // A peer may crash on null where it expects an object, as go-micro's client does.
  detail::appendCompactJson(out, value == "null" ? "{}" : value);
  return {};
}

Status appendPayload(PayloadSource payload, std::string& out) {
  if (auto* const* document = std::get_if<const JsonDocument*>(&payload)) {
    return appendDocument(**document, out);
  }
  auto* const* message = std::get_if<const Message*>(&payload);
  if (!message) return refuseOther();
  return detail::writeJson(**message, out).withContext("json-rpc: cannot write");
}

// An empty text with room for an envelope and a small payload.
std::string beginText(std::string_view start) {
  constexpr std::size_t kUsual = 160;
  std::string text;
  text.reserve(kUsual);
  return text.append(start);
}

void appendId(const Frame& request, std::string& out) {
  if (request.id.empty()) {
    out += "null";
  } else {
    detail::appendCompactJson(out, request.id);
  }
}

// Moves the envelope into `frame` and leaves the payload at the front of `body`.
void keep(JsonEnvelope& envelope, std::string_view text, Buffer& body, Frame& frame) {
  frame.parsed.reset();
  if (!envelope.payloadProblem.empty()) {
    frame.parsed = std::make_unique<PayloadProblem>(refuse(envelope.payloadProblem));
  }
  frame.method = std::move(envelope.method);
  frame.error = std::move(envelope.error);
  frame.id = envelope.id;
  frame.payloadSize = envelope.payload.size();
  if (!envelope.payload.empty()) {
    body.drain(static_cast<std::size_t>(envelope.payload.data() - text.data()));
  }
}

class JsonRpcCodec final : public Codec {
 public:
  std::string_view name() const override { return "json-rpc"; }

  Status readRequest(Buffer& body, Frame& frame) const override {
    const std::string_view text = body.contiguous();
    JsonEnvelope envelope;
    Status status = detail::readJsonRequest(text, envelope);
    if (status.ok()) keep(envelope, text, body, frame);
    return status;
  }

  Status readReply(Buffer& body, Frame& frame) const override {
    const std::string_view text = body.contiguous();
    JsonEnvelope envelope;
    Status status = detail::readJsonReply(text, envelope);
    if (status.ok()) keep(envelope, text, body, frame);
    return status;
  }

  Status readPayload(Frame& frame, Buffer& body, PayloadTarget target) const override {
    if (frame.parsed) return static_cast<const PayloadProblem&>(*frame.parsed).status;
    // A request has its method, a reply does not.
    const std::string_view name = frame.method.empty() ? "result" : "params[0]";
    return assign(body.contiguous().substr(0, frame.payloadSize), name, target);
  }

  // Like Go's client, this one accepts an unsigned number or null: anything else counts as a number
  // that no request has.
  std::optional<std::uint64_t> seqOf(const Frame& reply) const override {
    const std::string& id = reply.id;
    if (id.empty() || id == "null") return std::nullopt;
    std::uint64_t seq = 0;
    const auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), seq);
    const bool whole = error == std::errc() && end == id.data() + id.size();
    return whole ? seq : std::numeric_limits<std::uint64_t>::max();
  }

  // The id is the last thing in a request, see writeRequest().
  void renumber(Buffer& request, std::uint64_t seq) const override {
    const std::string_view text = request.contiguous();
    std::string other(text.substr(0, text.rfind(':') + 1));
    other.append(std::to_string(seq)).append("}\n");
    request.clear();
    request.adopt(std::move(other));
  }

  Status writeRequest(std::string_view method, std::uint64_t seq, PayloadSource payload,
                      Buffer& out) const override {
    std::string text = beginText("{\"method\":");
    detail::appendJsonString(text, method);
    text += ",\"params\":[";
    if (Status status = appendPayload(payload, text); !status.ok()) return status;
    text.append("],\"id\":").append(std::to_string(seq)).append("}\n");
    out.adopt(std::move(text));
    return {};
  }

  Status writeReply(const Frame& request, PayloadSource payload, Buffer& out) const override {
    std::string text = beginText("{\"id\":");
    appendId(request, text);
    text += ",\"result\":";
    if (Status status = appendPayload(payload, text); !status.ok()) return status;
    text += ",\"error\":null}\n";
    out.adopt(std::move(text));
    return {};
  }

  void writeError(const Frame& request, std::string_view error, Buffer& out) const override {
    std::string text = beginText("{\"id\":");
    appendId(request, text);
    text += ",\"result\":{},\"error\":";
    detail::appendJsonString(text, error);
    text += "}\n";
    out.adopt(std::move(text));
  }

  Status marshal(PayloadSource payload, Buffer& out) const override {
    std::string text;
    if (Status status = appendPayload(payload, text); !status.ok()) return status;
    out.adopt(std::move(text));
    return {};
  }

  Status unmarshal(Buffer& body, PayloadTarget target) const override {
    JsonScanner scanner(body.contiguous());
    const std::string_view value = scanner.value();
    if (!scanner.ok() || !scanner.atEnd()) return refuse(scanner.problem());
    return assign(value, "", target);
  }
};

}  // namespace

std::unique_ptr<Codec> makeJsonRpcCodec() { return std::make_unique<JsonRpcCodec>(); }

}  // namespace evmicro
