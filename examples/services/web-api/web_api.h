#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include <evmicro/context.h>
#include <evmicro/event_loop.h>
#include <evmicro/http_client.h>
#include <evmicro/lifetime.h>
#include <evmicro/metrics.h>
#include <evmicro/status.h>
#include <evmicro/tls.h>

namespace web {

/// Parameters of a query or a form, by name.
using Parameters = std::map<std::string, std::string>;

/// `a=1&b=2`, encoded as forms are.
std::string formOf(const Parameters& parameters);
/// Percent-encoded, all but `A-Za-z0-9-._~`.
std::string encoded(const std::string& text);
/// Whether these are degrees of a place: finite, and within -90 and 90, -180 and 180.
bool onEarth(double latitude, double longitude) noexcept;
/// The detail of the error 400 for those that are not.
extern const char* const kNotOnEarth;
/// `51.510761,-0.117444`
std::string pointText(double latitude, double longitude);
/// So many bytes of the system's random source, in hexadecimal digits.
std::string randomHex(std::size_t bytes);
/// The code of the error that a service answers when there was no reply.
int codeOf(const evmicro::Status& status) noexcept;
/// Six decimals.
std::string fixedText(double number);

/// An API on the web. A request ends with the context's deadline, or after its own time limit; one
/// that did not reach the server is repeated once. What is sent is never logged: it holds secrets.
class WebApi {
 public:
  using Done = std::function<void(evmicro::Result<evmicro::HttpClientReply>)>;

  struct Options {
    std::string base;                    ///< `https://maps.googleapis.com`
    std::vector<std::string> headers{};  ///< of every request: whole lines
    evmicro::TlsOptions tls{};           ///< for https://
    std::chrono::milliseconds timeout{5'000};
    std::size_t maxReplyBytes = 4U << 20;
    std::size_t maxRunning = 256;  ///< requests at a time
  };

  /// `loop` must outlive it.
  WebApi(evmicro::EventLoop& loop, Options options);

  /// Any HTTP status is a reply; an error means that there was none, kOverloaded: because too many
  /// requests have not been answered. `done` runs once, in a later turn, and not after this object
  /// has been destroyed.
  void get(const evmicro::Context& context, const std::string& path, const Parameters& parameters,
           Done done);
  void post(const evmicro::Context& context, const std::string& path, const Parameters& parameters,
            Done done, std::vector<std::string> headers = {});

  /// For Server::collect(): `web_api_requests_total` by the class of the status,
  /// `web_api_request_duration_seconds`, and others. This object must be there as long as
  /// the server serves.
  evmicro::Collector collector() const;

 private:
  struct Counters {
    std::map<std::string, double> ended;  // `2xx`; `none`: without a reply
    double refused = 0;
    double repeated = 0;
    evmicro::Distribution seconds{{0.05, 0.1, 0.25, 0.5, 1, 2.5, 5}, std::vector<std::uint64_t>(8)};
  };
  struct Exchange;
  void send(evmicro::HttpClientRequest request, const evmicro::Context& context, Done done);
  void attempt(const std::shared_ptr<Exchange>& exchange, int left);
  void note(const evmicro::Result<evmicro::HttpClientReply>& reply,
            evmicro::EventLoop::Clock::duration took);

  evmicro::EventLoop& loop_;
  const Options options_;
  evmicro::HttpClient client_;
  Counters counters_;
  std::map<Exchange*, std::shared_ptr<Exchange>> running_;
  evmicro::Lifetime lifetime_;
};

}  // namespace web
