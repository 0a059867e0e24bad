#include "call/prepared_call.h"

#include "http2/port.h"

namespace evmicro::detail {

void PreparedCall::setMethod(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  const bool last = dot == std::string_view::npos || dot == 0;
  const std::size_t before = last ? dot : name.rfind('.', dot - 1);
  if (last || before == std::string_view::npos) {
    method = name;
  } else {
    method = name.substr(before + 1);
    package = name.substr(0, before);
  }
}

bool PreparedCall::prefersGrpc(const Node& node) const {
  if (byGrpc()) return true;
  return protocol == CallProtocol::kAuto && codecs && haveHttp2() && speaksGrpc(node) &&
         !grpcTypeFor(contentType).empty();
}

CallForm PreparedCall::form(bool grpc) const noexcept {
  if (!grpc || byGrpc()) return {contentType, codec, grpc, false};
  const std::string_view type = grpcTypeFor(contentType);
  return {type, codecs ? codecs->codecFor(type) : nullptr, true, true};
}

Status describeFailure(const PreparedCall& prepared, const Node& node, Status why) {
  std::string where = prepared.options.address;
  if (where.empty() && !node.id.empty()) where = node.dialAddress();
  std::string detail = why.detail();
  if (!where.empty() && detail.compare(0, where.size() + 2, where + ": ") == 0) {
    detail.erase(0, where.size() + 2);
  }
  std::string text = "client: call " + prepared.service + " " + prepared.method;
  if (!where.empty()) text += " at " + where;
  return Status(why.kind(), why.code(), std::string(kClientId), text + ": " + detail);
}

}  // namespace evmicro::detail
