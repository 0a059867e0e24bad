#include "gateway/errors.h"

namespace evmicro::gateway {

namespace {

constexpr int kInternal = 500;

int httpStatusOf(int code) { return code >= 400 && code <= 599 ? code : kInternal; }

}  // namespace

void answer(WebReply& reply, const Status& why, WebFields headers) {
  headers.emplace_back("Content-Type", kJson);
  reply.send(httpStatusOf(why.code()), headers, why.toWire());
}

void formatErrorPage(std::string_view id, Page& page) {
  if (page.status < 400) return;
  std::string reason = page.body;
  while (!reason.empty() && reason.back() == '\n') reason.pop_back();
  page.contentType = kJson;
  page.body = Status::error(page.status, std::string(id), reason).toWire();
}

bool isOwn(const Status& why, ErrorKind kind) {
  return why.kind() == kind && why.id() == kClientId;
}

// Status::fromWire() gives a text that is not JSON this code and no id.
bool isPlainText(const Status& why) {
  return why.kind() == ErrorKind::kRemote && why.code() == kInternal && why.id().empty();
}

}  // namespace evmicro::gateway
