#include "server/refusal.h"

#include <string>

#include "codec/grpc_codec.h"

namespace evmicro::detail {

void writeRefusal(const CodecTable& codecs, std::string_view server, const Metadata& headers,
                  Page& answer) {
  const std::string_view contentType = headers.get("Content-Type").value_or("");
  const Codec* const codec = codecs.codecFor(contentType);
  if (!codec || isGrpcType(contentType)) return;  // gRPC's errors are no body
  std::string reason = answer.body.substr(0, answer.body.find('\n'));
  const std::string error =
      Status::error(answer.status, std::string(server), std::move(reason)).toWire();
  Buffer body;
  codec->writeError(Frame(), error, body);
  answer.contentType = contentType;
  answer.body = body.toString();
}

}  // namespace evmicro::detail
