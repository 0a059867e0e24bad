#include "call/prepared_call.h"

namespace evmicro::detail {

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
