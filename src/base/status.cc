#include <evmicro/status.h>

#include "base/hidden.h"

namespace evmicro {

namespace {

ErrorKind kindOf(int code) {
  switch (code) {
    case 404: return ErrorKind::kNotFound;
    case 408: return ErrorKind::kTimeout;
    case 429: return ErrorKind::kOverloaded;
    case 499: return ErrorKind::kCancelled;
    case 503: return ErrorKind::kUnavailable;
    default: return code >= 400 && code < 500 ? ErrorKind::kInvalid : ErrorKind::kInternal;
  }
}

}  // namespace

struct EVMICRO_HIDDEN Status::Rep {
  ErrorKind kind;
  int code;
  std::string id;
  std::string detail;
};

Status::Status() noexcept = default;
Status::Status(ErrorKind kind, int code, std::string id, std::string detail)
    : rep_(std::make_unique<Rep>(Rep{kind, code, std::move(id), std::move(detail)})) {
  assert(kind != ErrorKind::kNone);
}
Status::Status(const Status& other)
    : rep_(other.rep_ ? std::make_unique<Rep>(*other.rep_) : nullptr) {}
Status::Status(Status&& other) noexcept = default;
Status& Status::operator=(const Status& other) {
  if (this != &other) rep_ = other.rep_ ? std::make_unique<Rep>(*other.rep_) : nullptr;
  return *this;
}
Status& Status::operator=(Status&& other) noexcept = default;
Status::~Status() = default;

Status Status::error(int code, std::string id, std::string detail) {
  return Status(kindOf(code), code, std::move(id), std::move(detail));
}
Status Status::invalid(std::string detail) { return error(400, {}, std::move(detail)); }
Status Status::notFound(std::string detail) { return error(404, {}, std::move(detail)); }
Status Status::timeout(std::string detail) { return error(408, {}, std::move(detail)); }
Status Status::overloaded(std::string detail) { return error(429, {}, std::move(detail)); }
Status Status::cancelled(std::string detail) { return error(499, {}, std::move(detail)); }
Status Status::internal(std::string detail) { return error(500, {}, std::move(detail)); }
Status Status::unavailable(std::string detail) { return error(503, {}, std::move(detail)); }

ErrorKind Status::kind() const noexcept { return rep_ ? rep_->kind : ErrorKind::kNone; }
int Status::code() const noexcept { return rep_ ? rep_->code : 0; }

namespace {
const std::string& none() noexcept {
  static const std::string empty;
  return empty;
}
}  // namespace

const std::string& Status::id() const noexcept { return rep_ ? rep_->id : none(); }
const std::string& Status::detail() const noexcept { return rep_ ? rep_->detail : none(); }

std::string Status::toString() const {
  if (ok()) return "ok";
  std::string text = rep_->detail + " (" + std::to_string(rep_->code);
  if (const std::string_view name = statusText(rep_->code); !name.empty()) {
    text.append(" ").append(name);
  }
  if (!rep_->id.empty()) text.append(", ").append(rep_->id);
  return text + ")";
}

Status Status::withContext(std::string_view context) && {
  if (rep_) rep_->detail.insert(0, std::string(context) + ": ");
  return std::move(*this);
}

Status Status::withId(std::string_view id) && {
  if (rep_) rep_->id = id;
  return std::move(*this);
}

std::string_view statusText(int code) noexcept {
  switch (code) {
    case 100: return "Continue";
    case 101: return "Switching Protocols";
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 203: return "Non-Authoritative Information";
    case 204: return "No Content";
    case 205: return "Reset Content";
    case 206: return "Partial Content";
    case 300: return "Multiple Choices";
    case 301: return "Moved Permanently";
    case 302: return "Found";
    case 303: return "See Other";
    case 304: return "Not Modified";
    case 305: return "Use Proxy";
    case 307: return "Temporary Redirect";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 402: return "Payment Required";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 406: return "Not Acceptable";
    case 407: return "Proxy Authentication Required";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 410: return "Gone";
    case 411: return "Length Required";
    case 412: return "Precondition Failed";
    case 413: return "Request Entity Too Large";
    case 414: return "Request URI Too Long";
    case 415: return "Unsupported Media Type";
    case 416: return "Requested Range Not Satisfiable";
    case 417: return "Expectation Failed";
    case 418: return "I'm a teapot";
    case 426: return "Upgrade Required";
    case 428: return "Precondition Required";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 451: return "Unavailable For Legal Reasons";
    case 499: return "Client Closed Request";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    case 505: return "HTTP Version Not Supported";
    case 511: return "Network Authentication Required";
    default: return "";
  }
}

}  // namespace evmicro
