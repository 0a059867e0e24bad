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
#include "tool/reflected_codec.h"
#include "tool/reflection.h"
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
  bool grpc = false;
  std::string proxy;  // of query
};

std::shared_ptr<CallArguments> addCallArguments(Arguments& arguments, const std::string& jsonHelp) {
  auto parsed = std::make_shared<CallArguments>();
  arguments.addWord("SERVICE", parsed->service, "Name of the service", Need::kRequired);
  arguments.addWord("METHOD", parsed->method, "Name of the method, such as Greeter.Hello",
                    Need::kRequired);
  arguments.addWord("JSON", parsed->json, jsonHelp, Need::kOptional);
  addCallFlags(arguments, parsed->flags);
  arguments.addSwitch(
      "--grpc", [parsed] { parsed->grpc = true; },
      "Call by gRPC, with protobuf's JSON mapping. The server must describe its services (gRPC "
      "reflection). METHOD may have a package, and is a method of SERVICE if it has no dot");
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

// A call as the command line has it: by json-rpc, or by gRPC with what the server says of the
// method.
class CommandCall {
 public:
  CommandCall(const ServiceOptions& options, const CallArguments& arguments)
      : arguments_(arguments), service_(withCodec(options, arguments.grpc)) {}

  Status prepare(detail::MethodKind kind, const std::vector<JsonDocument>& requests) {
    return arguments_.grpc ? reflect(kind) : check(service_, arguments_, kind, requests);
  }
  Service& service() noexcept { return service_; }
  const std::string& method() const noexcept {
    return method_.empty() ? arguments_.method : method_;
  }
  CallOptions options() const {
    return arguments_.grpc ? arguments_.flags.grpcOptions() : arguments_.flags.options();
  }

 private:
  ServiceOptions withCodec(ServiceOptions options, bool grpc) {
    if (grpc) options.codecs["application/grpc"] = makeReflectedCodec(types_);
    return options;
  }

  Status reflect(detail::MethodKind kind) {
    const bool whole = arguments_.method.find_first_of("./") != std::string::npos;
    const std::string name =
        whole ? arguments_.method : arguments_.service + "." + arguments_.method;
    const std::string what = "call " + arguments_.service + " " + arguments_.method;
    const auto method = reflection_.method(name);
    if (!method.ok()) return Status(method.status()).withContext(what);
    const bool streams = (**method).client_streaming() || (**method).server_streaming();
    if (streams != (kind == detail::MethodKind::kStream)) {
      return Status::invalid(what + (streams ? ": a streaming method: use evmicro stream"
                                             : ": not a streaming method: use evmicro query"));
    }
    method_ = (**method).full_name();
    *types_ = {(**method).input_type(), (**method).output_type()};
    return {};
  }

  const CallArguments& arguments_;
  const std::shared_ptr<ReflectedTypes> types_ = std::make_shared<ReflectedTypes>();
  Service service_;
  Reflection reflection_{service_, arguments_.service, arguments_.flags};
  std::string method_;
};

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
  CommandCall call(options, arguments);
  const Status prepared = call.prepare(detail::MethodKind::kUnary, {*request});
  if (!prepared.ok()) return fail(prepared);
  const Result<JsonDocument> reply = call.service().client().call<JsonDocument>(
      arguments.flags.context(), arguments.service, call.method(), *request, call.options());
  return showReply(reply, arguments);
}

// Sends all messages, as fast as the peer reads, and prints the received ones, until one side ends
// the stream.
class Conversation {
 public:
  Conversation(CommandCall& call, const CallArguments& arguments, std::deque<JsonDocument> requests)
      : requests_(std::move(requests)),
        stream_(call.service().client().stream<JsonDocument, JsonDocument>(
            arguments.flags.context(), arguments.service, call.method(), call.options())) {
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
  CommandCall call(options, arguments);
  const Status prepared = call.prepare(detail::MethodKind::kStream, *requests);
  if (!prepared.ok()) return fail(prepared);
  const Conversation conversation(call, arguments, {requests->begin(), requests->end()});
  const Status turned =
      runUntilInterrupted(call.service().loop(), [&conversation] { return conversation.over(); });
  if (!turned.ok()) return fail(turned);
  return conversation.outcome().ok() ? kDone : fail(describe(conversation.outcome(), arguments));
}

}  // namespace

Action defineQuery(Arguments& arguments) {
  arguments.describe(
      "Call a method of a service by json-rpc, or by gRPC, and print its reply. Warns about "
      "members that are "
      "not fields of the request, if the registry knows the fields");
  const auto parsed =
      addCallArguments(arguments, "The request, by default {}; - reads it from stdin");
  addProxyFlag(arguments, parsed->proxy);
  return [parsed](const ServiceOptions& options) { return query(options, *parsed); };
}

Action defineStream(Arguments& arguments) {
  arguments.describe(
      "Call a streaming method of a service by json-rpc, or by gRPC, and print each received "
      "message. Ends with "
      "the stream, or when interrupted");
  const auto parsed = addCallArguments(
      arguments, "One or more messages to send, by default {}; - reads them from stdin");
  return [parsed](const ServiceOptions& options) { return stream(options, *parsed); };
}

}  // namespace evmicro::tool
