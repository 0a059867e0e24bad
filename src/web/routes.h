#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <evmicro/web_server.h>

namespace evmicro::detail {

/// Finds the handler for a request, see WebServer::handle().
class WebRoutes {
 public:
  using Handler = WebServer::Handler;
  using StreamHandler = WebServer::StreamHandler;
  /// At most one of the handlers is set. Shared with the call that is running.
  struct Found {
    std::shared_ptr<const Handler> handler;
    std::shared_ptr<const StreamHandler> streamed;
    std::map<std::string, std::string> params;
    /// If there is no handler, the methods of the path: `GET, HEAD, POST`.
    std::string allowed;
  };

  void add(std::string method, std::string_view pattern, Handler handler);
  void addStreamed(std::string method, std::string_view pattern, StreamHandler handler);
  /// `rawPath`: as sent, each segment is decoded by itself.
  Found find(std::string_view method, std::string_view rawPath) const;

 private:
  struct Segment {
    enum class Kind { kLiteral, kOne, kRest } kind;
    std::string text;  // the literal, or the name
  };
  struct Route {
    std::string method;  // empty: all
    std::vector<Segment> segments;
    std::shared_ptr<const Handler> handler;
    std::shared_ptr<const StreamHandler> streamed;
  };

  void addRoute(Route route, std::string_view pattern);
  static std::vector<Segment> parse(std::string_view pattern);
  static bool matches(const Route& route, const std::vector<std::string>& path,
                      std::map<std::string, std::string>& params);
  static bool isBetter(const Route& route, const Route& than);
  static bool isSame(const Route& a, const Route& b);

  std::vector<Route> routes_;
};

/// The path of a request, without its query, as it may be given in a Location header: bytes that no
/// URL has are percent-encoded. Browsers take a backslash for a slash, so that `/\host` would lead
/// to another host.
std::string asLocation(std::string_view path);

/// Cleans a path as Go's mux does: removes empty segments, `.` and `..`, and keeps a final slash.
std::string cleanPath(std::string_view path);

}  // namespace evmicro::detail
