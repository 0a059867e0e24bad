#include "tool/reflected_codec.h"

#include <string>
#include <utility>

#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/util/json_util.h>

#include "codec/grpc_codec.h"

namespace evmicro::tool {

namespace {

using google::protobuf::Descriptor;
using google::protobuf::DynamicMessageFactory;
using google::protobuf::Message;

Status notUsed() { return Status::internal("payloads have no envelope of their own"); }

// What GrpcCodec uses of a codec: marshal() and unmarshal().
class ReflectedPayloads final : public Codec {
 public:
  explicit ReflectedPayloads(std::shared_ptr<const ReflectedTypes> types)
      : types_(std::move(types)) {}

  std::string_view name() const override { return "json as protobuf"; }
  Status readRequest(Buffer&, Frame&) const override { return notUsed(); }
  Status readReply(Buffer&, Frame&) const override { return notUsed(); }
  Status readPayload(Frame&, Buffer&, PayloadTarget) const override { return notUsed(); }
  Status writeRequest(std::string_view, std::uint64_t, PayloadSource, Buffer&) const override {
    return notUsed();
  }
  Status writeReply(const Frame&, PayloadSource, Buffer&) const override { return notUsed(); }
  void writeError(const Frame&, std::string_view, Buffer&) const override {}

  Status marshal(PayloadSource payload, Buffer& out) const override {
    const auto* const* const document = std::get_if<const JsonDocument*>(&payload);
    if (!document) return messages_->marshal(payload, out);
    if (!types_->request) return Status::internal("the request's type is not known");
    DynamicMessageFactory factory;
    const auto message = make(factory, *types_->request);
    const auto read = google::protobuf::util::JsonStringToMessage((*document)->text, message.get());
    if (!read.ok()) {
      return Status::invalid("the request is not a " + types_->request->full_name() + ": " +
                             std::string(read.message()));
    }
    const Message* const source = message.get();
    return messages_->marshal(source, out);
  }

  Status unmarshal(Buffer& body, PayloadTarget target) const override {
    auto* const* const document = std::get_if<JsonDocument*>(&target);
    if (!document) return messages_->unmarshal(body, target);
    if (!types_->response) return Status::internal("the reply's type is not known");
    DynamicMessageFactory factory;
    const auto message = make(factory, *types_->response);
    Status status = messages_->unmarshal(body, message.get());
    if (!status.ok()) return status;
    std::string text;
    const auto written = google::protobuf::util::MessageToJsonString(*message, &text);
    if (!written.ok()) {
      return Status::invalid("the reply has no JSON form: " + std::string(written.message()));
    }
    (*document)->text = std::move(text);
    return {};
  }

 private:
  static std::unique_ptr<Message> make(DynamicMessageFactory& factory, const Descriptor& type) {
    return std::unique_ptr<Message>(factory.GetPrototype(&type)->New());
  }

  const std::shared_ptr<const ReflectedTypes> types_;
  const std::unique_ptr<Codec> messages_ = makeProtoRpcCodec();
};

}  // namespace

std::shared_ptr<const Codec> makeReflectedCodec(std::shared_ptr<const ReflectedTypes> types) {
  return detail::makeGrpcCodec(std::make_shared<const ReflectedPayloads>(std::move(types)));
}

}  // namespace evmicro::tool
