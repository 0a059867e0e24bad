// `evmicro query` and `evmicro stream`: calls without generated code.
#include <deque>
#include <memory>
#include <optional>

#include <evmicro/event_loop.h>
#include <evmicro/service.h>
#include <evmicro/timer.h>

#include "registry/method_kind.h"
#include "tool/arguments.h"
#include "tool/call_flags.h"
#include "tool/command.h"
#include "tool/endpoint_check.h"
#include "tool/json_argument.h"
#include "tool/output.h"
#include "tool/printable.h"
#include "tool/sidecar_client.h"
#include "tool/waiting.h"

namespace evmicro::tool {

namespace {

using Need = Arguments::Need;

struct CallArguments {
  std::string service;
  std::string method;
  std::string json = "{}";
  CallFlags flags;
  std::string proxy;  // of query
};

std::shared_ptr<CallArguments> addCallArguments(Arguments& arguments, const std::string& jsonHelp) {
  auto parsed = std::make_shared<CallArguments>();
  arguments.addWord("SERVICE", parsed->service, "Name of the service", Need::kRequired);
  arguments.addWord("METHOD", parsed->method, "Name of the method, such as Greeter.Hello",
                    Need::kRequired);
  arguments.addWord("JSON", parsed->json, jsonHelp, Need::kOptional);
  addCallFlags(arguments, parsed->flags);
  return parsed;
}

// An answer does not say which peer it came from.
Status describe(Status status, const CallArguments& arguments) {
  const ErrorKind kind = status.kind();
  const bool answered =
      kind == ErrorKind::kRemote || kind == ErrorKind::kNotFound || kind == ErrorKind::kInvalid;
  if (!answered || status.detail().rfind("client: ", 0) == 0) return status;
  return Status::internal("call " + arguments.service + " " + arguments.method + ": " +
                          status.toString());
}

// Looks up the service, as the call itself would, within the timeout of a call.
Result<ServiceView::Snapshot> lookUpForCall(Service& service, const CallArguments& arguments) {
  std::optional<Result<ServiceView::Snapshot>> found;
  const Call call = service.serviceView().get(
      arguments.service,
      [&found](Result<ServiceView::Snapshot> result) { found = std::move(result); });
  const std::chrono::milliseconds timeout = service.options().client.requestTimeout;
  Timer limit(service.loop(),
              [&found] { found = Status::timeout("the registry does not answer"); });
  if (timeout.count() > 0) limit.start(timeout);
  const Status turned = service.loop().runUntil([&found] { return found.has_value(); });
  return turned.ok() ? std::move(*found) : turned;
}

// Compares the command line with the registry's description, unless a node's address is given: an
// error if the method is not of the `kind` that the command calls, warnings for members that are
// not fields.
Status check(Service& service, const CallArguments& arguments, detail::MethodKind kind,
             const std::vector<JsonDocument>& requests) {
  if (!arguments.flags.address.empty()) return {};
  const std::string name = "call " + arguments.service + " " + arguments.method;
  const Result<ServiceView::Snapshot> known = lookUpForCall(service, arguments);
  if (known.status().kind() == ErrorKind::kNotFound) return {};  // the call reports it, too
  if (!known.ok()) return Status(known.status()).withContext(name);
  const Endpoint* const endpoint = detail::findEndpoint((**known).versions, arguments.method);
  if (!endpoint) return {};
  const detail::MethodKind is = detail::kindOf(*endpoint);
  if (is != kind && is != detail::MethodKind::kUnknown) {
    return Status::invalid(name + (is == detail::MethodKind::kUnary
                                       ? ": not a streaming method: use evmicro query"
                                       : ": a streaming method: use evmicro stream"));
  }
  for (const JsonDocument& request : requests) {
    for (const std::string& problem : unknownFields(*endpoint, request)) {
      warn(arguments.method + " has " + problem);
    }
  }
  return {};
}

ExitCode showReply(const Result<JsonDocument>& reply, const CallArguments& arguments) {
  if (!reply.ok()) return fail(describe(reply.status(), arguments));
  return show(indentJson(reply->text) + "\n");
}

ExitCode query(const ServiceOptions& options, const CallArguments& arguments) {
  const Result<JsonDocument> request = readDocument(arguments.json);
  if (!request.ok()) return refuse("the request", request.status());
  if (!arguments.proxy.empty()) {
    SidecarClient sidecar(options, arguments.proxy);
    return showReply(sidecar.call(arguments.service, arguments.method, *request, arguments.flags),
                     arguments);
  }
  Service service(options);
  const Status checked = check(service, arguments, detail::MethodKind::kUnary, {*request});
  if (!checked.ok()) return fail(checked);
  const Result<JsonDocument> reply =
      service.client().call<JsonDocument>(arguments.flags.context(), arguments.service,
                                          arguments.method, *request, arguments.flags.options());
  return showReply(reply, arguments);
}

// Sends all messages, as fast as the peer reads, and prints the received ones, until one side ends
// the stream.
class Conversation {
 public:
  Conversation(Client& client, const CallArguments& arguments, std::deque<JsonDocument> requests)
      : requests_(std::move(requests)),
        stream_(client.stream<JsonDocument, JsonDocument>(arguments.flags.context(),
                                                          arguments.service, arguments.method,
                                                          arguments.flags.options())) {
    stream_.onMessage([this](const JsonDocument& message) {
      if (over_) return;
      Status printed = print(indentJson(message.text) + "\n");
      if (!printed.ok()) end(std::move(printed));
    });
    stream_.onEnd([this](Status how) { end(std::move(how)); });
    stream_.onWritable([this] { sendMore(); });
    sendMore();
  }

  bool over() const noexcept { return over_; }
  const Status& outcome() const noexcept { return outcome_; }

 private:
  void sendMore() {
    while (!requests_.empty()) {
      const JsonDocument request = std::move(requests_.front());
      requests_.pop_front();
      if (!stream_.send(request)) return;
    }
    stream_.finishSending();
  }

  void end(Status how) {
    if (std::exchange(over_, true)) return;  // stdout was closed first
    outcome_ = std::move(how);
  }

  std::deque<JsonDocument> requests_;
  bool over_ = false;
  Status outcome_;
  ClientStream<JsonDocument, JsonDocument> stream_;
};

ExitCode stream(const ServiceOptions& options, const CallArguments& arguments) {
  const Result<std::vector<JsonDocument>> requests = readDocuments(arguments.json);
  if (!requests.ok()) return refuse("the request", requests.status());
  Service service(options);
  const Status checked = check(service, arguments, detail::MethodKind::kStream, *requests);
  if (!checked.ok()) return fail(checked);
  const Conversation conversation(service.client(), arguments,
                                  {requests->begin(), requests->end()});
  const Status turned =
      runUntilInterrupted(service.loop(), [&conversation] { return conversation.over(); });
  if (!turned.ok()) return fail(turned);
  return conversation.outcome().ok() ? kDone : fail(describe(conversation.outcome(), arguments));
}

}  // namespace

Action defineQuery(Arguments& arguments) {
  arguments.describe(
      "Call a method of a service by json-rpc and print its reply. Warns about members that are "
      "not fields of the request, if the registry knows the fields");
  const auto parsed =
      addCallArguments(arguments, "The request, by default {}; - reads it from stdin");
  addProxyFlag(arguments, parsed->proxy);
  return [parsed](const ServiceOptions& options) { return query(options, *parsed); };
}

Action defineStream(Arguments& arguments) {
  arguments.describe(
      "Call a streaming method of a service by json-rpc and print each received message. Ends with "
      "the stream, or when interrupted");
  const auto parsed = addCallArguments(
      arguments, "One or more messages to send, by default {}; - reads them from stdin");
  return [parsed](const ServiceOptions& options) { return stream(options, *parsed); };
}

}  // namespace evmicro::tool
