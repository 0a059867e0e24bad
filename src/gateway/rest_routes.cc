#include "gateway/rest_routes.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "http/url.h"

namespace evmicro::gateway {

namespace {

enum class Kind { kLiteral, kOne, kRest };

struct Segment {
  Kind kind;
  std::string text;  // of a literal
};

// A field whose value is the segments from `first` to before `last`.
struct Variable {
  std::string field;
  std::size_t first;
  std::size_t last;
};

struct Template {
  std::vector<Segment> segments;
  std::vector<Variable> variables;
  std::string verb;  // after the last colon
};

bool isFieldName(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.';
  });
}

// Reads segments up to the end, or the closing brace of a variable.
class TemplateReader {
 public:
  explicit TemplateReader(std::string_view text) : rest_(text) {}

  std::optional<Template> read() {
    if (!take('/') || !segments(false)) return std::nullopt;
    if (take(':')) {
      result_.verb = rest_;
      rest_ = {};
      if (result_.verb.empty()) return std::nullopt;
    }
    // The rest of a path has no segments behind it.
    for (std::size_t i = 0; i + 1 < result_.segments.size(); ++i) {
      if (result_.segments[i].kind == Kind::kRest) return std::nullopt;
    }
    return rest_.empty() ? std::optional<Template>(std::move(result_)) : std::nullopt;
  }

 private:
  bool take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }

  bool segments(bool inVariable) {
    do {
      if (take('{')) {
        if (inVariable || !variable()) return false;
        continue;
      }
      const std::string_view text = rest_.substr(0, rest_.find_first_of("/:{}"));
      rest_.remove_prefix(text.size());
      if (text.empty()) return false;
      const Kind kind = text == "*" ? Kind::kOne : text == "**" ? Kind::kRest : Kind::kLiteral;
      result_.segments.push_back({kind, std::string(text)});
    } while (take('/'));
    return true;
  }

  bool variable() {
    const std::string_view name = rest_.substr(0, rest_.find_first_of("=}"));
    rest_.remove_prefix(name.size());
    if (!isFieldName(name)) return false;
    const std::size_t first = result_.segments.size();
    if (take('=')) {
      if (!segments(true)) return false;
    } else {
      result_.segments.push_back({Kind::kOne, "*"});
    }
    result_.variables.push_back({std::string(name), first, result_.segments.size()});
    return take('}');
  }

  std::string_view rest_;
  Template result_;
};

// A segment of a path: as it was sent, and what it means.
struct Part {
  std::string_view raw;
  std::string text;
};

std::string decoded(std::string_view raw) {
  return detail::decodePath(raw).value_or(std::string(raw));
}

// What is left of a segment in a variable that may have several: with its slashes encoded, so that
// they stay apart from those between segments.
std::string decodedButSlashes(std::string_view raw) {
  std::string text;
  for (std::size_t at = 0; at < raw.size();) {
    std::size_t slash = at;
    while (slash < raw.size() && raw.substr(slash, 3) != "%2F" && raw.substr(slash, 3) != "%2f") {
      ++slash;
    }
    text += decoded(raw.substr(at, slash - at));
    text += raw.substr(slash, 3);
    at = std::min(raw.size(), slash + 3);
  }
  return text;
}

std::vector<Part> partsOf(std::string_view rawPath) {
  std::vector<Part> parts;
  while (!rawPath.empty() && rawPath.front() == '/') {
    rawPath.remove_prefix(1);
    const std::string_view part = rawPath.substr(0, rawPath.find('/'));
    parts.push_back({part, decoded(part)});
    rawPath.remove_prefix(part.size());
  }
  return parts;
}

bool matches(const Template& shape, const std::vector<Part>& path) {
  for (std::size_t i = 0; i < shape.segments.size(); ++i) {
    const Segment& segment = shape.segments[i];
    if (segment.kind == Kind::kRest) return true;
    if (i == path.size()) return false;
    const bool same =
        segment.kind == Kind::kOne ? !path[i].text.empty() : path[i].text == segment.text;
    if (!same) return false;
  }
  return path.size() == shape.segments.size();
}

// Whether `a` is more specific: it has a literal where `b` has none, or one segment where `b` takes
// the rest.
bool isBetter(const Template& a, const Template& b) {
  const std::size_t count = std::min(a.segments.size(), b.segments.size());
  for (std::size_t i = 0; i < count; ++i) {
    if (a.segments[i].kind != b.segments[i].kind) return a.segments[i].kind < b.segments[i].kind;
  }
  return a.segments.size() > b.segments.size();
}

std::string valueOf(const Variable& variable, const Template& shape,
                    const std::vector<Part>& path) {
  const bool toTheEnd = variable.last == shape.segments.size() && variable.last > 0 &&
                        shape.segments.back().kind == Kind::kRest;
  const bool oneSegment = !toTheEnd && variable.last == variable.first + 1;
  const std::size_t last = toTheEnd ? path.size() : variable.last;
  std::string value;
  for (std::size_t i = variable.first; i < last; ++i) {
    if (i > variable.first) value += '/';
    value += oneSegment ? path[i].text : decodedButSlashes(path[i].raw);
  }
  return value;
}

// The next word of `text`, which it takes away.
std::string_view takeWord(std::string_view& text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  const std::string_view word = text.substr(0, text.find(' '));
  text.remove_prefix(word.size());
  return word;
}

}  // namespace

std::vector<RestRule> restRules(const Endpoint& endpoint) {
  std::vector<RestRule> rules;
  const auto all = endpoint.metadata.find("http");
  std::string_view rest = all == endpoint.metadata.end() ? std::string_view() : all->second;
  while (!rest.empty()) {
    const std::string_view text = rest.substr(0, rest.find(';'));
    rest.remove_prefix(std::min(rest.size(), text.size() + 1));
    std::string_view words = text;
    RestRule rule;
    rule.verb = takeWord(words);
    rule.path = takeWord(words);
    rule.body = takeWord(words);
    if (rule.body == "-") rule.body.clear();
    rule.reply = takeWord(words);
    rule.text = text;
    rule.sound = takeWord(words).empty();
    rules.push_back(std::move(rule));
  }
  return rules;
}

struct RestRoutes::Route {
  std::string verb;
  std::string path;
  Template shape;
  Target target;
  std::string body;
  std::string reply;
};

RestRoutes::RestRoutes() = default;
RestRoutes::~RestRoutes() = default;

void RestRoutes::set(const std::vector<ServiceInfo>& services) {
  routes_.clear();
  std::vector<std::string> problems;
  for (const ServiceInfo& service : services) {
    for (const Endpoint& endpoint : service.endpoints) {
      for (const RestRule& rule : restRules(endpoint)) {
        add(service.name, endpoint.name, rule, problems);
      }
    }
  }
  for (const std::string& problem : problems) {
    if (std::find(logged_.begin(), logged_.end(), problem) == logged_.end()) {
      EVMICRO_LOG_WARN("api", problem);
    }
  }
  logged_ = std::move(problems);
}

void RestRoutes::add(const std::string& service, const std::string& method, const RestRule& rule,
                     std::vector<std::string>& problems) {
  auto shape = TemplateReader(rule.path).read();
  if (!shape || !rule.sound) {
    problems.push_back("Malformed HTTP rule of " + method + " of " + service + ": " + rule.text);
    return;
  }
  const Target target{service, method};
  for (const Route& other : routes_) {
    if (other.verb != rule.verb || other.path != rule.path) continue;
    const bool same = other.target.service == service && other.target.method == method;
    if (!same) {
      problems.push_back(rule.verb + " " + rule.path + " is " + other.target.method + " of " +
                         other.target.service + ", so " + method + " of " + service +
                         " cannot be reached there");
    }
    return;
  }
  routes_.push_back({rule.verb, rule.path, std::move(*shape), target, rule.body, rule.reply});
}

std::optional<RestMatch> RestRoutes::find(std::string_view method, std::string_view rawPath) const {
  if (routes_.empty()) return std::nullopt;
  const std::vector<Part> whole = partsOf(rawPath);
  std::vector<Part> withoutVerb = whole;
  std::string verb;
  // A colon that is encoded belongs to the segment.
  if (!whole.empty()) {
    const std::string_view last = whole.back().raw;
    if (const std::size_t colon = last.rfind(':'); colon != std::string_view::npos) {
      verb = decoded(last.substr(colon + 1));
      const std::string_view rest = last.substr(0, colon);
      withoutVerb.back() = {rest, decoded(rest)};
    }
  }
  const Route* best = nullptr;
  for (const Route& route : routes_) {
    if (route.verb != method) continue;
    if (!route.shape.verb.empty() && route.shape.verb != verb) continue;
    const auto& path = route.shape.verb.empty() ? whole : withoutVerb;
    if (!matches(route.shape, path)) continue;
    const bool better = !best || (best->shape.verb.empty() && !route.shape.verb.empty()) ||
                        (best->shape.verb.empty() == route.shape.verb.empty() &&
                         isBetter(route.shape, best->shape));
    if (better) best = &route;
  }
  if (!best) return std::nullopt;
  RestMatch match{best->target, {{}, best->body, best->reply}};
  const auto& path = best->shape.verb.empty() ? whole : withoutVerb;
  for (const Variable& variable : best->shape.variables) {
    match.binding.fields.emplace_back(variable.field, valueOf(variable, best->shape, path));
  }
  return match;
}

}  // namespace evmicro::gateway
