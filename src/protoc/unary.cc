#include "protoc/unary.h"

#include "protoc/comments.h"
#include "protoc/variables.h"

namespace evmicro::protoc {

using google::protobuf::io::Printer;

void writeUnaryHandler(const Method& method, Printer& out) {
  writeComment(method.comment, out);
  out.Print(variablesOf(method),
            "virtual ::evmicro::Status $name$(\n"
            "    ::evmicro::Context& context,\n"
            "    const $Q$& request,\n"
            "    $R$& response) = 0;\n");
}

void writeUnaryAsyncHandler(const Method& method, Printer& out) {
  writeComment(method.comment, out);
  out.Print(variablesOf(method),
            "virtual void $name$(\n"
            "    ::evmicro::Context context,\n"
            "    $Q$ request,\n"
            "    ::evmicro::Reply<$R$> reply) = 0;\n");
}

void writeUnaryRegistration(const Method& method, Printer& out) {
  out.Print(variablesOf(method),
            "server.handle<$Q$, $R$>(\n"
            "    \"$wire$\",\n"
            "    [&handler](::evmicro::Context& context, const $Q$& request,\n"
            "               $R$& response) {\n"
            "      return handler.$name$(context, request, response);\n"
            "    }$options$);\n");
}

void writeUnaryAsyncRegistration(const Method& method, Printer& out) {
  out.Print(
      variablesOf(method),
      "server.handle<$Q$, $R$>(\n"
      "    \"$wire$\",\n"
      "    [&handler](::evmicro::Context context, $Q$ request,\n"
      "               ::evmicro::Reply<$R$> reply) {\n"
      "      handler.$name$(::std::move(context), ::std::move(request), ::std::move(reply));\n"
      "    }$options$);\n");
}

void writeUnaryCalls(const Method& method, Printer& out) {
  writeComment(method.comment, out);
  out.Print(variablesOf(method),
            "$deprecated$::evmicro::Result<$R$> $name$(\n"
            "    const $Q$& request,\n"
            "    ::evmicro::CallOptions options = {}) const;\n"
            "$deprecated$::evmicro::Result<$R$> $name$(\n"
            "    const ::evmicro::Context& context,\n"
            "    const $Q$& request,\n"
            "    ::evmicro::CallOptions options = {}) const;\n"
            "$deprecated$::evmicro::Pending $name$(\n"
            "    const ::evmicro::Context& context,\n"
            "    const $Q$& request,\n"
            "    ::std::function<void(::evmicro::Result<$R$>)> done,\n"
            "    ::evmicro::CallOptions options = {}) const;\n"
            "template <typename Token_, typename = typename Token_::CompletionToken>\n"
            "$deprecated$auto $name$(\n"
            "    const ::evmicro::Context& context,\n"
            "    const $Q$& request,\n"
            "    Token_ token,\n"
            "    ::evmicro::CallOptions options = ::evmicro::CallOptions()) const {\n"
            "  return token.template await<::evmicro::Result<$R$>>([&](auto done) {\n"
            "    return this->$name$(context, request, ::std::move(done), ::std::move(options));\n"
            "  });\n"
            "}\n");
}

void writeUnaryCallBodies(const Service& service, const Method& method, Printer& out) {
  Variables variables = variablesOf(method);
  variables["client"] = service.client;
  variables["idempotent"] =
      method.idempotent ? "  options.idempotent = ::evmicro::CallOptions::Idempotent::kYes;\n" : "";
  out.Print(
      variables,
      "::evmicro::Result<$R$> $client$::$name$(\n"
      "    const $Q$& request,\n"
      "    ::evmicro::CallOptions options) const {\n"
      "$idempotent$"
      "  return client_.call<$R$>(\n"
      "      ::evmicro::Context(), service_, \"$wire$\", request, ::std::move(options));\n"
      "}\n"
      "\n"
      "::evmicro::Result<$R$> $client$::$name$(\n"
      "    const ::evmicro::Context& context,\n"
      "    const $Q$& request,\n"
      "    ::evmicro::CallOptions options) const {\n"
      "$idempotent$"
      "  return client_.call<$R$>(\n"
      "      context, service_, \"$wire$\", request, ::std::move(options));\n"
      "}\n"
      "\n"
      "::evmicro::Pending $client$::$name$(\n"
      "    const ::evmicro::Context& context,\n"
      "    const $Q$& request,\n"
      "    ::std::function<void(::evmicro::Result<$R$>)> done,\n"
      "    ::evmicro::CallOptions options) const {\n"
      "$idempotent$"
      "  return client_.call<$R$>(\n"
      "      context, service_, \"$wire$\", request, ::std::move(done), ::std::move(options));\n"
      "}\n");
}

}  // namespace evmicro::protoc
