#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <typeinfo>
#include <variant>

#include <evmicro/buffer.h>
#include <evmicro/export.h>
#include <evmicro/status.h>

namespace google::protobuf {
class Message;
}

namespace evmicro {

/// A message without a generated class: the text of one JSON value, an object as a rule.
struct JsonDocument {
  std::string text = "{}";
};

/// A payload of a type that neither protobuf nor JsonDocument knows, for a codec that does:
/// `server.handle<Row, Row>(...)` hands its codec a Row. Borrows the object.
template <typename Pointer>
class OtherPayload {
 public:
  /// From a pointer to any other type.
  template <typename T, typename = std::enable_if_t<
                            std::is_convertible_v<T*, Pointer> &&
                            !std::is_base_of_v<google::protobuf::Message, std::remove_const_t<T>> &&
                            !std::is_same_v<std::remove_const_t<T>, JsonDocument>>>
  OtherPayload(T* object) noexcept : object_(object), type_(&typeid(T)) {}

  /// The object, when T is exactly its type; null when it is another.
  template <typename T>
  auto as() const noexcept {
    using Object = std::conditional_t<std::is_same_v<Pointer, void*>, T, const T>;
    return *type_ == typeid(T) ? static_cast<Object*>(object_) : nullptr;
  }
  /// Which type it is, for the text of an error.
  const std::type_info& type() const noexcept { return *type_; }

 private:
  Pointer object_;
  const std::type_info* type_;
};

/// Where a payload is read to, and written from. The pointers are borrowed for the call. A codec
/// answers kInvalid for the kinds of payload that it does not carry.
using PayloadTarget = std::variant<google::protobuf::Message*, JsonDocument*, OtherPayload<void*>>;
using PayloadSource =
    std::variant<const google::protobuf::Message*, const JsonDocument*, OtherPayload<const void*>>;

/// The envelope of one request or reply, once read.
struct EVMICRO_EXPORT Frame {
  Frame();
  Frame(Frame&&) noexcept;
  Frame& operator=(Frame&&) noexcept;
  ~Frame();

  /// `Service.Method`.
  std::string method;
  /// What the reply repeats: the seq (proto-rpc, 8 bytes little endian) or the raw JSON text of
  /// the id (json-rpc); empty when there was none.
  std::string id;
  /// Reply: the error's text, empty on success.
  std::string error;

  /// What readPayload() needs: the codec's own business.
  struct Parsed {
    virtual ~Parsed() = default;
  };
  std::unique_ptr<Parsed> parsed;
  std::size_t payloadSize = 0;
};

/// How an RPC body is laid out. Stateless: one object serves all connections.
/// Formats: proto-rpc is two length-prefixed blocks (envelope, payload), json-rpc one JSON object;
/// as go-micro has them since 2015.
class EVMICRO_EXPORT Codec {
 public:
  Codec() = default;
  Codec(const Codec&) = delete;
  Codec& operator=(const Codec&) = delete;
  virtual ~Codec() = default;

  virtual std::string_view name() const = 0;

  /// Reads the envelope of a request; `body` keeps what readPayload() needs. An error means that
  /// nobody can be answered: the bytes make no sense.
  virtual Status readRequest(Buffer& body, Frame& frame) const = 0;
  /// The same for a reply.
  virtual Status readReply(Buffer& body, Frame& frame) const = 0;
  /// Reads the payload after the envelope. An error can be answered.
  virtual Status readPayload(Frame& frame, Buffer& body, PayloadTarget target) const = 0;

  /// The number of the request that `reply` answers; nothing when it does not say.
  virtual std::optional<std::uint64_t> seqOf(const Frame& /*reply*/) const { return std::nullopt; }
  /// Gives a body of writeRequest() another number. A codec without numbers does nothing.
  virtual void renumber(Buffer& /*request*/, std::uint64_t /*seq*/) const {}

  /// Appends a whole body to `out`. On error (a payload that this codec cannot write) `out` is
  /// unchanged.
  virtual Status writeRequest(std::string_view method, std::uint64_t seq, PayloadSource payload,
                              Buffer& out) const = 0;
  virtual Status writeReply(const Frame& request, PayloadSource payload, Buffer& out) const = 0;
  virtual void writeError(const Frame& request, std::string_view error, Buffer& out) const = 0;

  /// A payload alone, without an envelope, as the broker sends it.
  virtual Status marshal(PayloadSource payload, Buffer& out) const = 0;
  virtual Status unmarshal(Buffer& body, PayloadTarget target) const = 0;
};

/// Content type to codec. A type that evmicro knows, too, then has this codec. The codecs are
/// shared: by the client, the server and all services that are given them.
using Codecs = std::map<std::string, std::shared_ptr<const Codec>>;

/// application/octet-stream, application/protobuf, application/proto-rpc.
EVMICRO_EXPORT std::unique_ptr<Codec> makeProtoRpcCodec();
/// application/json, application/json-rpc. Protobuf messages are mapped as Go's encoding/json maps
/// generated structs: names as in the .proto, integers and enums as numbers, zero values left out.
EVMICRO_EXPORT std::unique_ptr<Codec> makeJsonRpcCodec();

}  // namespace evmicro
