#include "codec/grpc_codec.h"

#include <limits>
#include <string_view>
#include <utility>

#include "base/ascii.h"
#include "codec/payload_problem.h"

namespace evmicro::detail {

namespace {

constexpr std::size_t kPrefix = 5;
constexpr char kMessage = '\0';
constexpr char kError = '\x80';

struct Prefix {
  Prefix(char flag, std::size_t size) noexcept
      : bytes{flag, static_cast<char>(size >> 24), static_cast<char>(size >> 16),
              static_cast<char>(size >> 8), static_cast<char>(size)} {}
  std::string_view text() const noexcept { return {bytes, kPrefix}; }

  char bytes[kPrefix];
};

class GrpcCodec final : public Codec {
 public:
  explicit GrpcCodec(std::shared_ptr<const Codec> payloads) : payloads_(std::move(payloads)) {}

  std::string_view name() const override { return "grpc"; }

  Status readRequest(Buffer& body, Frame& frame) const override { return takePrefix(body, frame); }

  Status readReply(Buffer& body, Frame& frame) const override {
    char flag = kMessage;
    body.peek(&flag, 1);
    Status status = takePrefix(body, frame);
    if (status.ok() && flag == kError) {
      frame.error = body.toString();
      body.clear();
      frame.payloadSize = 0;
    }
    return status;
  }

  Status readPayload(Frame& frame, Buffer& body, PayloadTarget target) const override {
    if (frame.parsed) return static_cast<const PayloadProblem&>(*frame.parsed).status;
    return payloads_->unmarshal(body, target);
  }

  Status writeRequest(std::string_view, std::uint64_t, PayloadSource payload,
                      Buffer& out) const override {
    return write(payload, out);
  }

  Status writeReply(const Frame&, PayloadSource payload, Buffer& out) const override {
    return write(payload, out);
  }

  void writeError(const Frame&, std::string_view error, Buffer& out) const override {
    out.append(Prefix(kError, error.size()).text());
    out.append(error);
  }

  Status marshal(PayloadSource payload, Buffer& out) const override {
    return payloads_->marshal(payload, out);
  }

  Status unmarshal(Buffer& body, PayloadTarget target) const override {
    return payloads_->unmarshal(body, target);
  }

 private:
  // A stream begins without a message, a call has one: the payload of nothing is missing.
  static Status takePrefix(Buffer& body, Frame& frame) {
    frame.parsed.reset();
    if (body.size() < kPrefix) {
      frame.parsed =
          std::make_unique<PayloadProblem>(Status::invalid("grpc: the message is missing"));
      frame.payloadSize = 0;
      return {};
    }
    body.drain(kPrefix);
    frame.payloadSize = body.size();
    return {};
  }

  Status write(PayloadSource payload, Buffer& out) const {
    const std::size_t before = out.size();
    out.append(Prefix(kMessage, 0).text());
    Status status = payloads_->marshal(payload, out);
    const std::size_t size = out.size() - before - kPrefix;
    if (status.ok() && size > std::numeric_limits<std::uint32_t>::max()) {
      status = Status::invalid("grpc: a message of 4 GiB or more cannot be sent");
    }
    if (status.ok()) {
      out.overwrite(before, Prefix(kMessage, size).text());
    } else {
      removeFrom(out, before);
    }
    return status;
  }

  static void removeFrom(Buffer& out, std::size_t size) {
    Buffer kept(out.front(size));
    out = std::move(kept);
  }

  const std::shared_ptr<const Codec> payloads_;  // with the table of codecs
};

}  // namespace

bool isGrpcType(std::string_view contentType) noexcept {
  constexpr std::string_view kType = "application/grpc";
  const std::string_view type = contentType.substr(0, kType.size());
  // The usual form first, then the last letter, in which most other types differ.
  if (type != kType) {
    if (type.size() < kType.size() || lowerAscii(type.back()) != kType.back()) return false;
    if (!equalsIgnoringCase(type, kType)) return false;
  }
  const std::string_view rest = contentType.substr(kType.size());
  return rest.empty() || rest[0] == '+' || rest[0] == ';' || rest[0] == ' ' || rest[0] == '\t';
}

void appendGrpcPrefix(std::size_t size, Buffer& out) { out.append(Prefix(kMessage, size).text()); }

std::unique_ptr<Codec> makeGrpcCodec(std::shared_ptr<const Codec> payloads) {
  return std::make_unique<GrpcCodec>(std::move(payloads));
}

}  // namespace evmicro::detail
