#pragma once

#include <map>
#include <string>
#include <vector>

#include <evmicro/event_loop.h>

#include "event/handles.h"

namespace evmicro::test {

/// A DNS server on a UDP port of loopback, served by the loop of the test. Wire format: RFC 1035.
class NameServer {
 public:
  explicit NameServer(EventLoop& loop);
  NameServer(const NameServer&) = delete;
  NameServer& operator=(const NameServer&) = delete;
  ~NameServer();

  /// `127.0.0.1:port`
  const std::string& address() const noexcept { return address_; }

  /// What each name has, IPv4 and IPv6 addresses; others get NXDOMAIN.
  std::map<std::string, std::vector<std::string>> names;
  bool silent = false;
  int questions = 0;

 private:
  void answer();

  int fd_;
  std::string address_;
  detail::EventHandle readable_;
};

}  // namespace evmicro::test
