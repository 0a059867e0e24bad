#pragma once

#include <string>

#include <cppunit/extensions/HelperMacros.h>

#include "peers/peer_program.h"
#include "support/ports.h"
#include "support/process.h"
#include "support/reported.h"

namespace evmicro::test {

/// nginx as a proxy of one process on a port of its own.
class Nginx {
 public:
  /// `upstream` is an address; `location` more lines for how it is passed on to; `listen` more
  /// words for the port, such as `http2`.
  explicit Nginx(const std::string& upstream, const std::string& location = kKept,
                 const std::string& listen = {})
      : address_(freeAddress()),
        config_(
            "daemon off; master_process off; pid nginx.pid; error_log stderr notice;\n"
            "events {}\n"
            "http {\n"
            "  access_log off; client_body_temp_path body; proxy_temp_path proxied;\n"
            "  fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;\n"
            "  upstream services { server " +
            upstream + "; keepalive 8; }\n  server {\n    listen " + address_ + " " + listen +
            ";\n    location / { proxy_pass http://services; " + location + " }\n  }\n}\n"),
        process_({peerProgram("nginx", "nginx"), "-p", config_.folder(), "-c", config_.path()}) {
    ASSERT_REPORTED(process_.report(), process_.prints("event method"));
  }

  const std::string& address() const noexcept { return address_; }

  /// Connections to the upstream are kept.
  static constexpr char kKept[] = "proxy_http_version 1.1; proxy_set_header Connection \"\";";
  /// As nginx does it by itself: HTTP/1.0, a connection for each request.
  static constexpr char kDefault[] = "";
  /// As its manual has it for WebSockets.
  static constexpr char kUpgraded[] =
      "proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; "
      "proxy_set_header Connection upgrade;";

 private:
  const std::string address_;
  const ConfigFile config_;
  Process process_;
};

}  // namespace evmicro::test
