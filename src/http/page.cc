#include "http/page.h"

namespace evmicro::detail {

bool asksForPage(std::string_view method) noexcept { return method == "GET" || method == "HEAD"; }

Page methodNotAllowed() {
  Page page;
  page.status = 405;
  page.body = "POST calls a method, GET and HEAD read a page\n";
  page.close = true;
  return page;
}

std::vector<std::pair<std::string, std::string>> pageHeaders(const Page& page) {
  std::vector<std::pair<std::string, std::string>> headers = {
      {"Content-Type", page.contentType},
      {"Cache-Control", "no-store"},  // what it tells is true now
  };
  if (page.status == 405) headers.emplace_back("Allow", "GET, HEAD, POST");
  return headers;
}

}  // namespace evmicro::detail
