#include "web/routes.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "http/url.h"

namespace evmicro::detail {

namespace {

// `/a/b` has the segments a and b, `/` one that is empty.
std::vector<std::string_view> segmentsOf(std::string_view path) {
  std::vector<std::string_view> segments;
  if (!path.empty() && path.front() == '/') path.remove_prefix(1);
  for (;;) {
    const std::size_t slash = path.find('/');
    segments.push_back(path.substr(0, slash));
    if (slash == std::string_view::npos) return segments;
    path.remove_prefix(slash + 1);
  }
}

}  // namespace

std::vector<WebRoutes::Segment> WebRoutes::parse(std::string_view pattern) {
  const auto wrong = [pattern](const char* what) {
    throw std::invalid_argument("route \"" + std::string(pattern) + "\": " + what);
  };
  if (pattern.empty() || pattern.front() != '/') wrong("it must begin with a slash");
  std::vector<Segment> segments;
  for (const std::string_view text : segmentsOf(pattern)) {
    if (!segments.empty() && segments.back().kind == Segment::Kind::kRest) {
      wrong("nothing may follow {name...}");
    }
    if (text.empty() || text.front() != '{') {
      segments.push_back({Segment::Kind::kLiteral, std::string(text)});
      continue;
    }
    if (text.size() < 3 || text.back() != '}') wrong("a parameter is written {name}");
    std::string_view name = text.substr(1, text.size() - 2);
    const bool rest = name.size() >= 3 && name.substr(name.size() - 3) == "...";
    if (rest) name.remove_suffix(3);
    if (name.empty()) wrong("a parameter needs a name");
    segments.push_back({rest ? Segment::Kind::kRest : Segment::Kind::kOne, std::string(name)});
  }
  return segments;
}

bool WebRoutes::isSame(const Route& a, const Route& b) {
  return a.method == b.method &&
         std::equal(a.segments.begin(), a.segments.end(), b.segments.begin(), b.segments.end(),
                    [](const Segment& one, const Segment& other) {
                      return one.kind == other.kind &&
                             (one.kind != Segment::Kind::kLiteral || one.text == other.text);
                    });
}

void WebRoutes::add(std::string method, std::string_view pattern, Handler handler) {
  addRoute({std::move(method), parse(pattern), std::make_shared<const Handler>(std::move(handler)),
            nullptr},
           pattern);
}

void WebRoutes::addStreamed(std::string method, std::string_view pattern, StreamHandler handler) {
  addRoute({std::move(method), parse(pattern), nullptr,
            std::make_shared<const StreamHandler>(std::move(handler))},
           pattern);
}

void WebRoutes::addRoute(Route route, std::string_view pattern) {
  for (const Route& other : routes_) {
    if (isSame(route, other)) {
      throw std::invalid_argument("route \"" + std::string(pattern) + "\" exists already");
    }
  }
  routes_.push_back(std::move(route));
}

bool WebRoutes::matches(const Route& route, const std::vector<std::string>& path,
                        std::map<std::string, std::string>& params) {
  std::size_t at = 0;
  for (const Segment& segment : route.segments) {
    if (segment.kind == Segment::Kind::kRest) {
      std::string rest;
      for (std::size_t i = at; i < path.size(); ++i) rest += (i > at ? "/" : "") + path[i];
      params[segment.text] = std::move(rest);
      return true;
    }
    if (at == path.size()) return false;
    if (segment.kind == Segment::Kind::kLiteral) {
      if (path[at] != segment.text) return false;
    } else {
      if (path[at].empty()) return false;
      params[segment.text] = path[at];
    }
    ++at;
  }
  return at == path.size();
}

// The kinds are ordered: a literal wins over a parameter, and that over a rest.
bool WebRoutes::isBetter(const Route& route, const Route& than) {
  const auto& a = route.segments;
  const auto& b = than.segments;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    if (a[i].kind != b[i].kind) return a[i].kind < b[i].kind;
  }
  if (a.size() != b.size()) return a.size() > b.size();
  return !route.method.empty() && than.method.empty();
}

WebRoutes::Found WebRoutes::find(std::string_view method, std::string_view rawPath) const {
  Found found;
  std::vector<std::string> path;
  for (const std::string_view segment : segmentsOf(rawPath)) {
    path.push_back(decodePath(segment).value_or(std::string(segment)));
  }
  const Route* best = nullptr;
  const auto allow = [&found](std::string_view name) {
    found.allowed.append(found.allowed.empty() ? "" : ", ").append(name);
  };
  for (const Route& route : routes_) {
    std::map<std::string, std::string> params;
    if (!matches(route, path, params)) continue;
    const bool fits = route.method.empty() || route.method == method ||
                      (route.method == "GET" && method == "HEAD");
    if (!fits) {
      allow(route.method);
      if (route.method == "GET") allow("HEAD");
    } else if (!best || isBetter(route, *best)) {
      best = &route;
      found.params = std::move(params);
    }
  }
  if (best) {
    found.handler = best->handler;
    found.streamed = best->streamed;
  }
  return found;
}

std::string asLocation(std::string_view path) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string location;
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    const bool printable = byte > 0x20 && byte < 0x7f;
    if (printable && std::string_view("\"<>\\^`{|}").find(c) == std::string_view::npos) {
      location += c;
    } else {
      location.append({'%', kHex[byte >> 4], kHex[byte & 15]});
    }
  }
  return location;
}

std::string cleanPath(std::string_view path) {
  std::vector<std::string_view> kept;
  const auto segments = segmentsOf(path);
  for (const std::string_view segment : segments) {
    if (segment.empty() || segment == ".") continue;
    if (segment != "..") {
      kept.push_back(segment);
    } else if (!kept.empty()) {
      kept.pop_back();
    }
  }
  std::string clean;
  for (const std::string_view segment : kept) clean.append("/").append(segment);
  const bool slash = segments.back().empty();
  if (clean.empty() || slash) clean += '/';
  return clean;
}

}  // namespace evmicro::detail
