#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <evmicro/call.h>
#include <evmicro/event_loop.h>
#include <evmicro/status.h>

namespace evmicro::detail {

struct HttpClientRequest {
  std::string method = "GET";
  std::string url;
  std::vector<std::string> headers;  ///< whole lines, "Name: value"
  std::string body;
  std::chrono::milliseconds timeout{5'000};
  std::size_t maxReplyBytes = 64U << 20;
};

struct HttpClientReply {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;

  /// The first header of that name (without regard to case), empty when there is none.
  std::string header(std::string_view name) const;
};

/// HTTP requests by libcurl's multi interface, driven by the loop: for registries. Connections are
/// kept alive and shared. A host name makes libcurl start one short-lived resolver thread, the only
/// thread that the library ever starts.
class HttpClient {
 public:
  using Done = std::function<void(Result<HttpClientReply>)>;

  explicit HttpClient(EventLoop& loop);
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;
  /// Cancels what is pending.
  ~HttpClient();

  /// Any HTTP status is a reply; an error (kUnavailable: not connected; kTimeout; kInternal) means
  /// that there was none. `done` runs in a later turn and may destroy this client.
  Call send(HttpClientRequest request, Done done);

 private:
  class Multi;
  std::shared_ptr<Multi> multi_;
};

}  // namespace evmicro::detail
