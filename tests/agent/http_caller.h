#pragma once

#include <memory>
#include <optional>
#include <string>

#include <evmicro/event_loop.h>

#include "http/raw_peer.h"
#include "http/reader.h"

namespace evmicro::test {

struct RegistryAnswer {
  int status = 0;
  Metadata headers;
  std::string body;

  std::string header(std::string_view name) const {
    return std::string(headers.get(name).value_or(""));
  }
  /// X-Consul-Index
  std::string index() const { return header("X-Consul-Index"); }
};

/// One HTTP connection to a registry, on the test's loop.
class HttpCaller {
 public:
  HttpCaller(EventLoop& loop, const std::string& address);

  /// Sends a request; its answer is asked for with answer() or wait().
  void send(const std::string& method, const std::string& target, const std::string& body = {});
  /// The answer, when it is there.
  std::optional<RegistryAnswer> answer();
  /// Turns the loop until the answer is there. Throws when it does not come.
  RegistryAnswer wait();
  RegistryAnswer call(const std::string& method, const std::string& target,
                      const std::string& body = {}) {
    send(method, target, body);
    return wait();
  }
  RegistryAnswer get(const std::string& target) { return call("GET", target); }
  RegistryAnswer put(const std::string& target, const std::string& body = {}) {
    return call("PUT", target, body);
  }
  bool ended() const noexcept { return peer_->ended(); }
  void close() { peer_->close(); }

 private:
  EventLoop& loop_;
  const std::string address_;
  std::unique_ptr<RawPeer> peer_;
  Buffer input_;
  detail::HttpReader reader_;
};

}  // namespace evmicro::test
