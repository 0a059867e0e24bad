#include "dashboard/page_files.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <evmicro/compressed.h>
#include <evmicro/web_files.h>

#include "dashboard/assets.h"

namespace evmicro::dashboard {

namespace {

constexpr std::string_view kTitle = "{{title}}";

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

void addPageFiles(gateway::GatewayWeb& web) {
  std::vector<WebAsset> files = assets();
  const auto isPage = [](const WebAsset& asset) { return asset.path == "index.html"; };
  files.erase(std::remove_if(files.begin(), files.end(), isPage), files.end());
  WebFilesOptions options;
  options.headers = securityHeaders();
  web.handle("GET", "/_/files/{path...}",
             compressed(serveAssets(std::move(files), std::move(options))));
}

void sendPage(int status, std::string_view title, WebReply& reply) {
  static const std::vector<WebAsset> kFiles = assets();
  const auto index = std::find_if(kFiles.begin(), kFiles.end(),
                                  [](const WebAsset& asset) { return asset.path == "index.html"; });
  // The titles are ours: nothing in them needs escaping.
  std::string page(index->bytes);
  page.replace(page.find(kTitle), kTitle.size(), title);
  WebFields headers = securityHeaders();
  headers.emplace_back("Content-Type", "text/html; charset=utf-8");
  headers.emplace_back("Cache-Control", "no-cache");
  reply.send(status, headers, page);
}

}  // namespace evmicro::dashboard
