#include "call/answer.h"

#include <algorithm>
#include <optional>
#include <string>

#include "base/printable.h"

namespace evmicro::detail {

namespace {

constexpr std::size_t kLongestLine = 200;
constexpr std::string_view kUnsupported = "Unsupported Content-Type:";

bool startsWith(std::string_view text, std::string_view beginning) noexcept {
  return text.substr(0, beginning.size()) == beginning;
}

std::string quoted(Buffer& body) { return firstLine(body.front(4 * kLongestLine), kLongestLine); }

// The error for an answer that is not an RPC, from the peer or a proxy in front of it.
Status httpFailure(Message& message) {
  const int status = message.status;
  std::string text = "HTTP " + std::to_string(status);
  if (const std::string_view name = statusText(status); !name.empty())
    text.append(" ").append(name);
  if (const std::string line = quoted(message.body); !line.empty()) text += ": " + line;
  if (status == 504) return Status(ErrorKind::kTimeout, status, {}, std::move(text));
  return Status::error(status >= 400 ? status : 500, {}, std::move(text));
}

Status notAnAnswer(const Status& problem, Message& message) {
  const bool success = message.status == 0 || (message.status >= 200 && message.status < 300);
  if (!success) return httpFailure(message);
  // A server of go-micro that does not know the content type answers in plain text.
  if (startsWith(message.body.front(kUnsupported.size()), kUnsupported)) {
    return Status::error(415, {}, quoted(message.body));
  }
  return Status::internal("bad reply: " + problem.detail());
}

// A server that refuses a request before it is complete does not know its number. If the error's
// code equals the HTTP status, the envelope is from the server.
std::optional<Status> refusalIn(const Message& message, const Frame& frame) {
  if (message.status < 400 || frame.error.empty()) return std::nullopt;
  const Status error = Status::fromWire(frame.error);
  if (error.code() != message.status) return std::nullopt;
  return Status::error(error.code(), error.id(), error.detail());
}

Status anotherAnswer(std::string what) {
  return Status::internal("the reply belongs to another request: " + std::move(what));
}

}  // namespace

Status readAnswer(const Question& question, Message& message, Frame& frame) {
  const Status status = question.codec.readReply(message.body, frame);
  if (!status.ok()) return notAnAnswer(status, message);
  if (auto refusal = refusalIn(message, frame)) return *std::move(refusal);
  const auto seq = question.codec.seqOf(frame);
  // Error pages may be JSON, too; an envelope without a number is not from an RPC server.
  if (!seq && message.status >= 300) return httpFailure(message);
  if (seq && (*seq < question.firstSeq || *seq > question.lastSeq)) {
    return anotherAnswer("its number is " + std::to_string(*seq) + ", not " +
                         std::to_string(question.lastSeq));
  }
  if (!frame.method.empty() && frame.method != question.method) {
    return anotherAnswer("its method is " + printable(frame.method, kLongestLine));
  }
  return {};
}

Status errorIn(const Frame& frame, std::string_view method) {
  const std::string_view text = frame.error;
  if (text.empty()) return {};
  // A handler may pass on the error of another service: then the text ends in another name.
  const auto refuses = [&](std::string_view beginning) {
    return startsWith(text, beginning) && text.substr(beginning.size()) == method;
  };
  if (refuses("rpc: can't find service ") || refuses("rpc: can't find method ")) {
    return Status::notFound(std::string(text));
  }
  if (refuses("rpc: service/method request ill-formed: ")) {
    return Status::invalid(std::string(text));
  }
  return Status::fromWire(text);
}

}  // namespace evmicro::detail
