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

/// A message without a generated class: the text of one JSON value, usually an object.
struct JsonDocument {
  std::string text = "{}";  ///< the value, as JSON
};

/// A payload that is neither a protobuf message nor a JsonDocument, for a codec that knows its
/// type: `server.handle<Row, Row>(...)` passes a Row to the codec. Borrows the object.
template <typename Pointer>
class OtherPayload {
 public:
  /// From a pointer to any other type.
  template <typename T, typename = std::enable_if_t<
                            std::is_convertible_v<T*, Pointer> &&
                            !std::is_base_of_v<google::protobuf::Message, std::remove_const_t<T>> &&
                            !std::is_same_v<std::remove_const_t<T>, JsonDocument>>>
  OtherPayload(T* object) noexcept : object_(object), type_(&typeid(T)) {}

  /// The object if T is exactly its type, otherwise null.
  template <typename T>
  auto as() const noexcept {
    using Object = std::conditional_t<std::is_same_v<Pointer, void*>, T, const T>;
    return *type_ == typeid(T) ? static_cast<Object*>(object_) : nullptr;
  }
  /// Its type, for error messages.
  const std::type_info& type() const noexcept { return *type_; }

 private:
  Pointer object_;
  const std::type_info* type_;
};

/// The object that a payload is decoded into or encoded from. The pointers are borrowed for the
/// call. A codec returns kInvalid for kinds of payload that it does not support.
using PayloadTarget = std::variant<google::protobuf::Message*, JsonDocument*, OtherPayload<void*>>;
/// What a payload is encoded from, see PayloadTarget.
using PayloadSource =
    std::variant<const google::protobuf::Message*, const JsonDocument*, OtherPayload<const void*>>;

/// The decoded envelope of one request or reply.
struct EVMICRO_EXPORT Frame {
  Frame();
  /// Frames are moved, not copied.
  Frame(Frame&&) noexcept;
  Frame& operator=(Frame&&) noexcept;
  ~Frame();

  /// `Service.Method`.
  std::string method;
  /// The value that the reply must repeat: the seq (proto-rpc, 8 bytes little endian) or the raw
  /// JSON text of the id (json-rpc); empty if there was none.
  std::string id;
  /// In a reply: the error's text, empty on success.
  std::string error;

  /// Private data of the codec, for readPayload().
  struct Parsed {
    virtual ~Parsed() = default;
  };
  std::unique_ptr<Parsed> parsed;  ///< null if it needs none
  std::size_t payloadSize = 0;     ///< bytes
};

/// Encodes and decodes RPC bodies. Stateless: one object serves all connections. Formats, as in
/// go-micro since 2015: proto-rpc is two length-prefixed blocks (envelope, payload), json-rpc one
/// JSON object.
class EVMICRO_EXPORT Codec {
 public:
  Codec() = default;
  Codec(const Codec&) = delete;
  Codec& operator=(const Codec&) = delete;
  virtual ~Codec() = default;

  /// For messages and logs: `proto-rpc`.
  virtual std::string_view name() const = 0;

  /// Decodes the envelope of a request; `body` keeps what readPayload() needs. After an error the
  /// request cannot be answered: its envelope is not understood.
  virtual Status readRequest(Buffer& body, Frame& frame) const = 0;
  /// The same for a reply.
  virtual Status readReply(Buffer& body, Frame& frame) const = 0;
  /// Decodes the payload after the envelope. An error is reported to the caller.
  virtual Status readPayload(Frame& frame, Buffer& body, PayloadTarget target) const = 0;

  /// The number of the request that `reply` answers; nullopt if the reply has no number.
  virtual std::optional<std::uint64_t> seqOf(const Frame& /*reply*/) const { return std::nullopt; }
  /// Changes the number in a body that writeRequest() has made. No effect in a codec without
  /// numbers.
  virtual void renumber(Buffer& /*request*/, std::uint64_t /*seq*/) const {}

  /// Appends a complete body to `out`. On error (a payload that this codec cannot encode) `out` is
  /// unchanged.
  virtual Status writeRequest(std::string_view method, std::uint64_t seq, PayloadSource payload,
                              Buffer& out) const = 0;
  virtual Status writeReply(const Frame& request, PayloadSource payload, Buffer& out) const = 0;
  virtual void writeError(const Frame& request, std::string_view error, Buffer& out) const = 0;

  /// A payload without an envelope, as in messages of the broker.
  virtual Status marshal(PayloadSource payload, Buffer& out) const = 0;
  virtual Status unmarshal(Buffer& body, PayloadTarget target) const = 0;
};

/// Codecs by content type. An entry for one of evmicro's own types replaces its codec. The codecs
/// are shared by the client, the server and all services that they are given to.
using Codecs = std::map<std::string, std::shared_ptr<const Codec>>;

/// application/octet-stream, application/protobuf, application/proto-rpc.
EVMICRO_EXPORT std::unique_ptr<Codec> makeProtoRpcCodec();
/// application/json, application/json-rpc. Protobuf messages are encoded as Go's encoding/json
/// encodes generated structs: names as in the .proto, integers and enums as numbers, zero values
/// left out.
EVMICRO_EXPORT std::unique_ptr<Codec> makeJsonRpcCodec();

}  // namespace evmicro
