#include "protoc/streaming.h"

#include "protoc/comments.h"
#include "protoc/variables.h"

namespace evmicro::protoc {

namespace {

using google::protobuf::io::Printer;

// With a single request only the answer is a stream: the request is a separate argument of the
// handler and of the call.
bool hasOneRequest(const Method& method) { return method.kind == Method::Kind::kServerStreaming; }

}  // namespace

void writeStreamHandler(const Method& method, Printer& out) {
  const Variables variables = variablesOf(method);
  writeComment(method.comment, out);
  out.Print(variables,
            "virtual void $name$(\n"
            "    ::evmicro::Context context,\n");
  if (hasOneRequest(method)) out.Print(variables, "    $Q$ request,\n");
  out.Print(variables,
            "    ::evmicro::ServerStream<\n"
            "        $Q$,\n"
            "        $R$> stream) = 0;\n");
}

void writeStreamRegistration(const Method& method, Printer& out) {
  Variables variables = variablesOf(method);
  variables["parameter"] = hasOneRequest(method) ? " auto request," : "";
  variables["argument"] = hasOneRequest(method) ? " ::std::move(request)," : "";
  out.Print(variables,
            "server.handleStream<$Q$, $R$>(\n"
            "    \"$wire$\",\n"
            "    [&handler](::evmicro::Context context,$parameter$ auto stream) {\n"
            "      handler.$name$(::std::move(context),$argument$ ::std::move(stream));\n"
            "    }$options$);\n");
}

void writeStreamCall(const Method& method, Printer& out) {
  const Variables variables = variablesOf(method);
  writeComment(method.comment, out);
  out.Print(variables,
            "$deprecated$::evmicro::ClientStream<\n"
            "    $Q$,\n"
            "    $R$> $name$(\n"
            "    const ::evmicro::Context& context,\n");
  if (hasOneRequest(method)) out.Print(variables, "    const $Q$& request,\n");
  out.Print("    ::evmicro::CallOptions options = {}) const;\n");
}

void writeStreamCallBody(const Service& service, const Method& method, Printer& out) {
  Variables variables = variablesOf(method);
  variables["client"] = service.client;
  out.Print(variables,
            "::evmicro::ClientStream<\n"
            "    $Q$,\n"
            "    $R$> $client$::$name$(\n"
            "    const ::evmicro::Context& context,\n");
  if (hasOneRequest(method)) out.Print(variables, "    const $Q$& request,\n");
  out.Print(variables, "    ::evmicro::CallOptions options) const {\n");
  const char* const open =
      "client_.stream<$Q$, $R$>(\n"
      "      context, service_, \"$wire$\", ::std::move(options));\n";
  out.Print(hasOneRequest(method) ? "  auto stream = " : "  return ");
  out.Print(variables, open);
  if (hasOneRequest(method)) {
    out.Print(
        "  stream.send(request);\n"
        "  return stream;\n");
  }
  out.Print("}\n");
}

}  // namespace evmicro::protoc
