// Requests to the gateways: paths, queries, forms and JSON bodies.
#include <string>

#include <evmicro/web_server.h>

#include "fuzz/target.h"
#include "gateway/json_request.h"
#include "gateway/resolve.h"
#include "gateway/rpc_request.h"
#include "http/head.h"
#include "http/url.h"
#include "json/scanner.h"
#include "web/access_log.h"
#include "web/routes.h"

namespace evmicro::fuzz {

namespace {

WebRequest requestOf(std::string_view bytes, const char* contentType) {
  const std::size_t end = bytes.find('\n');
  WebRequest request;
  request.method = "POST";
  request.target = bytes.substr(0, end);
  const detail::HttpTarget target = detail::splitHttpTarget(request.target);
  request.path = detail::decodePath(target.path).value_or("/");
  request.query = target.query;
  request.headers = {{"Content-Type", contentType}};
  if (end != std::string_view::npos) request.body = bytes.substr(end + 1);
  return request;
}

// Not by jansson, which takes no NUL in names.
bool isJson(std::string_view text) {
  detail::JsonScanner scanner(text);
  return !scanner.value().empty() && scanner.atEnd();
}

void mustExplain(const Status& status) {
  must(status.ok() || !status.detail().empty(), "an error without a text");
}

}  // namespace

// The first line is the target, the rest the body.
void readGatewayRequest(std::string_view bytes) {
  for (const char* type : {"application/json", "application/x-www-form-urlencoded"}) {
    const WebRequest request = requestOf(bytes, type);
    const auto document = gateway::jsonRequest(request, nullptr);
    mustExplain(document.status());
    must(!document.ok() || isJson(document->text), "a request that is not JSON");
    mustExplain(gateway::readRpcRequest(request).status());
    static_cast<void>(gateway::resolve("go.micro.api", detail::cleanPath(request.path)));
    const std::string line =
        detail::accessLogLine(detail::AccessLogEntry(request, 1), 0, 200, request.body.size());
    must(line.find('\n') == std::string::npos, "a line of the log is two");
  }
}

}  // namespace evmicro::fuzz
