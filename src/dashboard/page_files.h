#pragma once

#include <map>
#include <string>
#include <string_view>

#include <evmicro/web_server.h>

#include "gateway/gateway_web.h"

namespace evmicro::dashboard {

/// The headers of every reply of the dashboard itself: a page can load nothing from other hosts,
/// run no inline script, and cannot be framed.
WebFields securityHeaders();

/// Answers with JSON that must not be cached.
void sendJson(WebReply& reply, std::string_view json);

/// Serves the files that are part of the program, with entity tags.
class PageFiles {
 public:
  PageFiles();

  /// Adds the route of the scripts and styles, `/_/files/{name}`. It must outlive `web`.
  void addTo(gateway::GatewayWeb& web);

  /// Sends the page, of which the scripts show the part that belongs to the path.
  void sendPage(int status, std::string_view title, WebReply& reply) const;

 private:
  struct File {
    std::string_view type;
    std::string_view bytes;
    std::string tag;
  };

  void sendFile(const WebRequest& request, WebReply& reply) const;

  std::map<std::string_view, File> files_;
};

}  // namespace evmicro::dashboard
