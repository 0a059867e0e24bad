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
#include <evmicro/status.h>

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
/// Six decimals.
std::string fixedText(double number);

/// The base address of an API, without slashes at its end. kInvalid: `url` is not `http://HOST` or
/// `https://HOST`, with a port and a path or not.
evmicro::Result<std::string> baseOf(const std::string& url);

/// An API on the web. A request ends with the context's deadline, or after its own time limit; one
/// that did not reach the server is repeated once. What is sent is never logged: it holds secrets.
class WebApi {
 public:
  using Done = std::function<void(evmicro::Result<evmicro::HttpClientReply>)>;

  struct Options {
    std::string base;                    ///< `https://maps.googleapis.com`
    std::vector<std::string> headers{};  ///< of every request: whole lines
    std::chrono::milliseconds timeout{5'000};
    std::size_t maxReplyBytes = 4U << 20;
  };

  /// `loop` must outlive it.
  WebApi(evmicro::EventLoop& loop, Options options);

  /// Any HTTP status is a reply; an error means that there was none. `done` runs once, in a later
  /// turn, and not after this object has been destroyed.
  void get(const evmicro::Context& context, const std::string& path, const Parameters& parameters,
           Done done);
  void post(const evmicro::Context& context, const std::string& path, const Parameters& parameters,
            Done done, std::vector<std::string> headers = {});

 private:
  struct Exchange;
  void send(evmicro::HttpClientRequest request, const evmicro::Context& context, Done done);
  void attempt(const std::shared_ptr<Exchange>& exchange, int left);

  evmicro::EventLoop& loop_;
  const Options options_;
  evmicro::HttpClient client_;
  std::map<Exchange*, std::shared_ptr<Exchange>> running_;
};

}  // namespace web
