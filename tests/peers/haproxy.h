#pragma once

#include <string>

#include <cppunit/extensions/HelperMacros.h>

#include "peers/peer_program.h"
#include "support/ports.h"
#include "support/process.h"
#include "support/reported.h"

namespace evmicro::test {

/// HAProxy in front of one server.
class Haproxy {
 public:
  /// `backend`: lines of that section, what is checked and how; `check`: how often.
  Haproxy(const std::string& upstream, const std::string& mode, const std::string& backend,
          const std::string& check = "check inter 20 fall 2")
      : address_(freeAddress()),
        config_(
            "global\n  log stdout format raw daemon\n"
            "defaults\n  log global\n  option log-health-checks\n  mode " +
            mode +
            "\n  timeout connect 5s\n  timeout client 20s\n  timeout server 20s\n"
            "frontend in\n  bind " +
            address_ + "\n  default_backend services\nbackend services\n  " + backend +
            "\n  server a " + upstream + " " + check + "\n"),
        process_({peerProgram("haproxy", "haproxy"), "-db", "-f", config_.path()}) {
    ASSERT_REPORTED(process_.report(), process_.prints("Health check for server"));
  }

  const std::string& address() const noexcept { return address_; }
  Process& process() noexcept { return process_; }

  static constexpr char kHttp[] = "http";
  static constexpr char kTcp[] = "tcp";

 private:
  const std::string address_;
  const ConfigFile config_;
  Process process_;
};

}  // namespace evmicro::test
