#include "http/page.h"

#include "http/head_writer.h"

namespace evmicro::detail {

namespace {

constexpr int kNoContent = 204;
constexpr int kNotModified = 304;
constexpr int kMethodNotAllowed = 405;
constexpr std::string_view kMethods = "GET, HEAD, OPTIONS, POST";

}  // namespace

bool asksForPage(std::string_view method) noexcept { return method == "GET" || method == "HEAD"; }

Page pageForMethod(std::string_view method) {
  Page page;
  if (method == "OPTIONS") {  // HAProxy's default check
    page.status = kNoContent;
    page.body.clear();
    return page;
  }
  page.status = kMethodNotAllowed;
  page.body = "POST calls a method, GET and HEAD read a page\n";
  page.close = true;
  return page;
}

std::vector<std::pair<std::string, std::string>> pageHeaders(const Page& page,
                                                             std::string_view method) {
  std::vector<std::pair<std::string, std::string>> headers;
  if (page.status != kNoContent) headers.emplace_back("Content-Type", page.contentType);
  headers.emplace_back("Cache-Control", "no-store");  // pages show the current state
  if (page.status == kMethodNotAllowed || method == "OPTIONS") {
    headers.emplace_back("Allow", kMethods);
  }
  return headers;
}

void writePageHead(std::string& out, const Page& page, const HttpHead& request, bool last) {
  HeadWriter writer(out);
  writer.status(page.status);
  if (page.status != kNoContent) writer.length(page.body.size());
  for (const auto& [name, value] : pageHeaders(page, request.method)) writer.field(name, value);
  if (last) {
    writer.field("Connection", "close");
  } else if (request.minorVersion == 0) {
    writer.field("Connection", "keep-alive");
  }
  writer.end();
}

Page pageOf(const HttpRefusal& refusal) {
  Page page;
  page.status = refusal.status;
  page.body.assign(refusal.reason).append("\n");
  page.close = true;
  return page;
}

void writeRefusal(std::string& out, const Page& answer) {
  HeadWriter writer(out);
  writer.status(answer.status).length(answer.body.size());
  writer.field("Content-Type", answer.contentType).field("Connection", "close").end();
  out.append(answer.body);
}

bool carriesBody(const Page& page, const HttpHead& request) noexcept {
  return request.method != "HEAD" && page.status != kNoContent && page.status != kNotModified;
}

}  // namespace evmicro::detail
