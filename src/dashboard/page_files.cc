#include "dashboard/page_files.h"

#include <cstdio>

#include "base/sha1.h"
#include "dashboard/assets.h"

namespace evmicro::dashboard {

namespace {

constexpr std::string_view kTitle = "{{title}}";

std::string_view typeOf(std::string_view name) {
  const std::string_view extension = name.substr(name.rfind('.') + 1);
  if (extension == "js") return "text/javascript; charset=utf-8";
  if (extension == "css") return "text/css; charset=utf-8";
  if (extension == "svg") return "image/svg+xml";
  return "text/html; charset=utf-8";
}

std::string tagOf(std::string_view bytes) {
  const auto digest = detail::sha1(bytes);
  std::string tag = "\"";
  for (std::size_t i = 0; i < 8; ++i) {
    char hex[3];
    std::snprintf(hex, sizeof hex, "%02x", digest[i]);
    tag += hex;
  }
  return tag + "\"";
}

}  // namespace

WebFields securityHeaders() {
  return {{"Content-Security-Policy",
           "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src "
           "'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"},
          {"X-Content-Type-Options", "nosniff"},
          {"X-Frame-Options", "DENY"},
          {"Referrer-Policy", "no-referrer"},
          {"Cross-Origin-Opener-Policy", "same-origin"}};
}

void sendJson(WebReply& reply, std::string_view json) {
  WebFields headers = securityHeaders();
  headers.emplace_back("Content-Type", "application/json");
  headers.emplace_back("Cache-Control", "no-store");
  reply.send(200, headers, json);
}

PageFiles::PageFiles() {
  for (const Asset& asset : assets()) {
    files_[asset.name] = {typeOf(asset.name), asset.bytes, tagOf(asset.bytes)};
  }
}

void PageFiles::addTo(gateway::GatewayWeb& web) {
  web.handle("GET", "/_/files/{name}",
             [this](const WebRequest& request, WebReply reply) { sendFile(request, reply); });
}

void PageFiles::sendPage(int status, std::string_view title, WebReply& reply) const {
  // The titles are ours: nothing in them needs escaping.
  std::string page(files_.at("index.html").bytes);
  page.replace(page.find(kTitle), kTitle.size(), title);
  WebFields headers = securityHeaders();
  headers.emplace_back("Content-Type", "text/html; charset=utf-8");
  headers.emplace_back("Cache-Control", "no-cache");
  reply.send(status, headers, page);
}

void PageFiles::sendFile(const WebRequest& request, WebReply& reply) const {
  const auto place = files_.find(request.params.at("name"));
  WebFields headers = securityHeaders();
  if (place == files_.end() || place->first == "index.html") {
    headers.emplace_back("Content-Type", "text/plain; charset=utf-8");
    return reply.send(404, headers, "404 page not found\n");
  }
  const File& file = place->second;
  headers.emplace_back("Content-Type", file.type);
  headers.emplace_back("Cache-Control", "no-cache");
  headers.emplace_back("ETag", file.tag);
  const bool known = findField(request.headers, "If-None-Match") == file.tag;
  reply.send(known ? 304 : 200, headers, known ? std::string_view() : file.bytes);
}

}  // namespace evmicro::dashboard
