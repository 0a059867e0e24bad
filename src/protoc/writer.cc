#include "protoc/writer.h"

#include <algorithm>
#include <string>

#include "protoc/comments.h"
#include "protoc/names.h"
#include "protoc/streaming.h"
#include "protoc/unary.h"
#include "protoc/variables.h"

namespace evmicro::protoc {

namespace {

Variables variablesOf(const Service& service) {
  return {{"name", service.name},
          {"Handler", service.handler},
          {"AsyncHandler", service.asyncHandler},
          {"Client", service.client},
          {"register", service.registration}};
}

void writeBanner(const File& file, Printer& out) {
  out.Print("// Written by protoc-gen-evmicro from $proto$: change that, not this.\n", "proto",
            file.proto);
}

std::string joined(const std::vector<std::string>& namespaces) {
  std::string result;
  for (const std::string& name : namespaces) result += (result.empty() ? "" : "::") + name;
  return result;
}

// Else the compiler would complain of what the macro stands for.
void refuseMacros(const File& file, Printer& out) {
  for (const Service& service : file.services) {
    for (const Method& method : service.methods) {
      if (!mayBeMacro(method.name)) continue;
      out.Print(
          "\n"
          "#ifdef $name$\n"
          "#error \"rpc $service$.$name$: there is a macro of this name: rename the rpc, or "
          "#undef the macro\"\n"
          "#endif\n",
          "service", service.name, "name", method.name);
    }
  }
}

void openNamespaces(const File& file, Printer& out) {
  if (file.namespaces.empty()) return;
  out.Print("\nnamespace $name$ {\n", "name", joined(file.namespaces));
}

void closeNamespaces(const File& file, Printer& out) {
  if (file.namespaces.empty()) return;
  out.Print("\n}  // namespace $name$\n", "name", joined(file.namespaces));
}

// The service's own comment, followed by an empty line and the standard text.
void writeServiceComment(const Service& service, Printer& out) {
  writeComment(service.comment, out);
  if (!service.comment.empty()) out.Print("///\n");
}

// Writes one part of a method, depending on its kind.
using Part = void (*)(const Method&, Printer&);

template <Part unary, Part streaming>
void either(const Method& method, Printer& out) {
  (method.kind == Method::Kind::kUnary ? unary : streaming)(method, out);
}

bool streams(const Service& service) {
  return std::any_of(service.methods.begin(), service.methods.end(),
                     [](const Method& method) { return method.kind != Method::Kind::kUnary; });
}

// The functions of a class, separated by empty lines.
void writeMethods(const Service& service, Part write, Printer& out) {
  out.Indent();
  for (const Method& method : service.methods) {
    out.Print("\n");
    write(method, out);
  }
  out.Outdent();
}

void writeHandlers(const Service& service, Printer& out) {
  const Variables variables = variablesOf(service);
  out.Print("\n");
  writeServiceComment(service, out);
  out.Print(variables, "/// Handles the calls of $name$: each function answers by returning.\n");
  if (streams(service)) {
    out.Print("/// Streams last until finish(); see ::evmicro::ServerStream.\n");
  }
  out.Print(variables,
            "class $Handler$ {\n"
            " public:\n"
            "  virtual ~$Handler$() = default;\n");
  writeMethods(service, either<writeUnaryHandler, writeStreamHandler>, out);
  out.Print("};\n\n");
  writeServiceComment(service, out);
  out.Print(
      variables,
      "/// Handles the calls of $name$ and answers at any later time: the reply that a function\n"
      "/// is given answers exactly once.\n");
  if (streams(service)) {
    out.Print("/// Streams last until finish(); see ::evmicro::ServerStream.\n");
  }
  out.Print(variables,
            "class $AsyncHandler$ {\n"
            " public:\n"
            "  virtual ~$AsyncHandler$() = default;\n");
  writeMethods(service, either<writeUnaryAsyncHandler, writeStreamHandler>, out);
  out.Print("};\n");
}

void writeClient(const Service& service, Printer& out) {
  const Variables variables = variablesOf(service);
  writeServiceComment(service, out);
  out.Print(
      variables,
      "/// Calls $name$. Without `done` the functions turn the loop until the answer has come:\n"
      "/// for main() and scripts. With `done` they return at once, and it runs exactly once in a\n"
      "/// later turn of the loop, or never if the client is destroyed first. A coroutine gives\n"
      "/// evmicro::useCoroutine in place of `done`, and awaits the result.\n");
  if (streams(service)) {
    out.Print("/// A stream is open when its function returns; see ::evmicro::ClientStream.\n");
  }
  out.Print(variables,
            "class $Client$ final {\n"
            " public:\n");
  if (service.methods.empty()) {
    out.Print(variables, "  $Client$(::std::string, ::evmicro::Client&) {}\n};\n");
    return;
  }
  out.Print(variables,
            "  /// `service` is the name in the registry; `client` must outlive this object.\n"
            "  $Client$(::std::string service, ::evmicro::Client& client);\n");
  writeMethods(service, either<writeUnaryCalls, writeStreamCall>, out);
  out.Print(
      "\n"
      " private:\n"
      "  ::std::string service_;\n"
      "  ::evmicro::Client& client_;\n"
      "};\n");
}

void writeServiceHeader(const Service& service, Printer& out) {
  writeHandlers(service, out);
  out.Print(
      variablesOf(service),
      "\n"
      "/// Makes `server`, which has not been started, pass the calls of $name$ to `handler`,\n"
      "/// which must live until the server has stopped or been destroyed.\n"
      "void $register$(::evmicro::Server& server, $Handler$& handler);\n"
      "void $register$(::evmicro::Server& server, $AsyncHandler$& handler);\n"
      "\n");
  writeClient(service, out);
}

void writeRegistration(const Service& service, const std::string& handler, Part write,
                       Printer& out) {
  Variables variables = variablesOf(service);
  variables["Handler"] = handler;
  if (service.methods.empty()) {
    out.Print(variables, "\nvoid $register$(::evmicro::Server&, $Handler$&) {}\n");
    return;
  }
  out.Print(variables, "\nvoid $register$(::evmicro::Server& server, $Handler$& handler) {\n");
  out.Indent();
  for (const Method& method : service.methods) write(method, out);
  out.Outdent();
  out.Print("}\n");
}

void writeServiceSource(const Service& service, Printer& out) {
  writeRegistration(service, service.handler,
                    either<writeUnaryRegistration, writeStreamRegistration>, out);
  writeRegistration(service, service.asyncHandler,
                    either<writeUnaryAsyncRegistration, writeStreamRegistration>, out);
  if (service.methods.empty()) return;
  out.Print(variablesOf(service),
            "\n"
            "$Client$::$Client$(::std::string service, ::evmicro::Client& client)\n"
            "    : service_(::std::move(service)), client_(client) {}\n");
  for (const Method& method : service.methods) {
    out.Print("\n");
    if (method.kind == Method::Kind::kUnary) {
      writeUnaryCallBodies(service, method, out);
    } else {
      writeStreamCallBody(service, method, out);
    }
  }
}

}  // namespace

void writeHeader(const File& file, Printer& out) {
  writeBanner(file, out);
  out.Print(
      "#pragma once\n"
      "\n"
      "#include <functional>\n"
      "#include <string>\n"
      "#include <utility>\n"
      "\n"
      "#include <evmicro/client.h>\n"
      "#include <evmicro/server.h>\n"
      "\n"
      "#include \"$base$.pb.h\"\n",
      "base", file.base);
  refuseMacros(file, out);
  openNamespaces(file, out);
  for (const Service& service : file.services) writeServiceHeader(service, out);
  closeNamespaces(file, out);
}

void writeSource(const File& file, Printer& out) {
  writeBanner(file, out);
  out.Print(
      "#include \"$base$.evmicro.h\"\n"
      "\n"
      "#include <utility>\n",
      "base", file.base);
  openNamespaces(file, out);
  for (const Service& service : file.services) writeServiceSource(service, out);
  closeNamespaces(file, out);
}

}  // namespace evmicro::protoc
