#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <evmicro/call.h>
#include <evmicro/event_loop.h>
#include <evmicro/http_endpoints.h>
#include <evmicro/lifetime.h>
#include <evmicro/status.h>
#include <evmicro/tls.h>

#include "json/jansson.h"

namespace evmicro::detail {

/// Client of an etcd cluster, for the v3 JSON gateway of its members. With a user it logs in before
/// the first request, and again when the token is no longer good. A cluster whose authentication is
/// not enabled is used without a token until it is.
class EtcdClient {
 public:
  struct Options {
    std::vector<std::string> members;  ///< not empty
    std::chrono::milliseconds timeout{5'000};
    std::string user;  ///< empty: no authentication
    std::string password;
    TlsOptions tls{};
  };
  using Done = std::function<void(Result<Json>)>;
  using Ended = std::function<void(Status)>;

  EtcdClient(EventLoop& loop, Options options);
  EtcdClient(const EtcdClient&) = delete;
  EtcdClient& operator=(const EtcdClient&) = delete;
  ~EtcdClient();

  /// POSTs `body` to `path`; the answer is a JSON object. `done` may destroy this object.
  Call send(std::string path, std::string body, Done done);

  /// The lines of a reply without an end, from the member in use. Uses the token of the last
  /// send(), so call it after a successful one. `ended` gets the reason for the end, never ok().
  Call stream(std::string path, std::string body, HttpEndpoints::Piece piece, Ended ended);

  /// `host:port` of the member in use.
  const std::string& address() const noexcept { return members_.address(); }
  /// The error for an answer that cannot be decoded: the server is probably not an etcd.
  Status unusable(const std::string& path, const Status& why) const;

 private:
  struct Attempt;

  void begin(Attempt& attempt);
  void post(Attempt& attempt);
  void answered(Attempt& attempt, EndpointReply reply);
  void logIn();
  void loggedIn(EndpointReply reply);
  EndpointRequest request(const std::string& path, std::string body) const;
  Result<std::string> readLogIn(EndpointReply reply) const;
  Result<Json> read(const std::string& path, EndpointReply reply) const;

  const Options options_;
  std::optional<std::string> token_;  // empty: etcd wants none
  HttpEndpoints members_;
  std::vector<std::weak_ptr<Attempt>> waiting_;  // requests that wait for the token
  bool isLoggingIn_ = false;
  Lifetime lifetime_;
  Call loggingIn_;  // last: its callback uses all of the above
};

}  // namespace evmicro::detail
