// Consul's filter expressions: a parser, what a name may be compared with, the comparison.
#include "agent/filter.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/digits.h"
#include "json/jansson.h"

namespace evmicro::detail {

namespace {

constexpr int kDeepest = 64;  // nested parentheses and nots

enum class Operator { kEqual, kIn, kIsEmpty };

struct Comparison {
  std::vector<std::string> selector;
  Operator op = Operator::kEqual;
  bool negated = false;
  std::string value;
};

// The selector, or as much of it as has `parts`.
std::string selectorText(const Comparison& comparison, std::size_t parts = std::string::npos) {
  std::string text;
  for (std::size_t i = 0; i < std::min(parts, comparison.selector.size()); ++i) {
    text += (i == 0 ? "" : ".") + comparison.selector[i];
  }
  return "\"" + text + "\"";
}

// Objects whose keys are data; all others have fixed members.
bool isMap(std::string_view name) {
  for (const std::string_view map :
       {"Meta", "NodeMeta", "ServiceMeta", "TaggedAddresses", "ServiceTaggedAddresses"}) {
    if (name == map) return true;
  }
  return false;
}

std::optional<std::int64_t> integer(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// --- what a name may be compared with

std::string_view nameOf(const Comparison& comparison) {
  switch (comparison.op) {
    case Operator::kEqual: return comparison.negated ? "Not Equal" : "Equal";
    case Operator::kIn: return comparison.negated ? "Not In" : "In";
    case Operator::kIsEmpty: break;
  }
  return comparison.negated ? "Is Not Empty" : "Is Empty";
}

bool canCompare(const json_t* sample, Operator op, bool map) {
  switch (json_typeof(sample)) {
    case JSON_STRING: return op != Operator::kIsEmpty;
    case JSON_INTEGER:
    case JSON_TRUE:
    case JSON_FALSE: return op == Operator::kEqual;
    case JSON_ARRAY: {
      const bool objects = json_is_object(json_array_get(sample, 0));
      return op == Operator::kIsEmpty || (op == Operator::kIn && !objects);
    }
    case JSON_OBJECT: return map && op != Operator::kEqual;
    default: return false;
  }
}

Status badValue(const Comparison& comparison, std::string_view parser) {
  return Status::invalid("Failed to coerce value \"" + comparison.value + "\" for selector " +
                         selectorText(comparison) + ": strconv." + std::string(parser) +
                         ": parsing \"" + comparison.value + "\": invalid syntax");
}

// Whether `comparison` makes sense for entries like `sample`.
Status check(const Comparison& comparison, const json_t* sample) {
  bool map = false;
  std::size_t parts = 0;
  for (const std::string& part : comparison.selector) {
    ++parts;
    if (json_is_array(sample)) sample = json_array_get(sample, 0);
    const json_t* const within = sample;
    sample = map ? json_object_iter_value(json_object_iter(const_cast<json_t*>(within)))
                 : json_object_get(within, part.c_str());
    if (!sample) {
      return Status::invalid("Selector " + selectorText(comparison, parts) + " is not valid");
    }
    map = !map && isMap(part);
  }
  if (!canCompare(sample, comparison.op, map)) {
    return Status::invalid("Invalid match operator \"" + std::string(nameOf(comparison)) +
                           "\" for selector " + selectorText(comparison));
  }
  if (json_is_integer(sample) && !integer(comparison.value)) {
    return badValue(comparison, "ParseInt");
  }
  const bool isBool = comparison.value == "true" || comparison.value == "false";
  if (json_is_boolean(sample) && !isBool) return badValue(comparison, "ParseBool");
  return {};
}

// --- the comparison

bool isEqual(const json_t* value, const std::string& wanted) {
  if (json_is_string(value)) return jsonText(value) == wanted;
  if (json_is_integer(value)) return json_integer_value(value) == integer(wanted);
  return json_is_boolean(value) && wanted == (json_is_true(value) ? "true" : "false");
}

bool contains(const json_t* value, const std::string& wanted) {
  if (json_is_string(value)) return jsonText(value).find(wanted) != std::string::npos;
  if (json_is_object(value)) return json_object_get(value, wanted.c_str()) != nullptr;
  for (std::size_t i = 0; i < json_array_size(value); ++i) {
    if (isEqual(json_array_get(value, i), wanted)) return true;
  }
  return false;
}

bool compare(const Comparison& comparison, const json_t* value) {
  switch (comparison.op) {
    case Operator::kEqual: return isEqual(value, comparison.value) != comparison.negated;
    case Operator::kIn: return contains(value, comparison.value) != comparison.negated;
    case Operator::kIsEmpty: break;
  }
  const bool empty = json_array_size(value) == 0 && json_object_size(value) == 0;
  return empty != comparison.negated;
}

// Of the elements of a list on the way, one that compares is enough.
bool compareFrom(const Comparison& comparison, std::size_t part, const json_t* value) {
  if (part == comparison.selector.size()) return compare(comparison, value);
  if (!json_is_array(value)) {
    return compareFrom(comparison, part + 1,
                       json_object_get(value, comparison.selector[part].c_str()));
  }
  for (std::size_t i = 0; i < json_array_size(value); ++i) {
    if (compareFrom(comparison, part, json_array_get(value, i))) return true;
  }
  return false;
}

}  // namespace

struct Filter::Node {
  enum class Kind { kComparison, kNot, kAnd, kOr } kind = Kind::kComparison;
  Comparison comparison;
  std::unique_ptr<Node> left;  // of kNot the only one
  std::unique_ptr<Node> right;

  bool matches(const json_t* entry) const {
    switch (kind) {
      case Kind::kComparison: return compareFrom(comparison, 0, entry);
      case Kind::kNot: return !left->matches(entry);
      case Kind::kAnd: return left->matches(entry) && right->matches(entry);
      case Kind::kOr: break;
    }
    return left->matches(entry) || right->matches(entry);
  }
};

namespace {

using Node = Filter::Node;
using NodePointer = std::unique_ptr<Node>;

class Parser {
 public:
  Parser(std::string_view text, const json_t* sample) : text_(text), sample_(sample) {}

  Result<NodePointer> parse() {
    NodePointer root = either(0);
    skipBlanks();
    if (problem_.ok() && at_ < text_.size()) fail("\"and\", \"or\" or the end");
    if (!problem_.ok()) return problem_;
    return root;
  }

 private:
  // A word, or a value in quotes.
  struct Term {
    std::string text;
    std::vector<std::string> selector;  // none for what can be a value only
  };

  NodePointer join(Node::Kind kind, NodePointer left, NodePointer right) {
    auto node = std::make_unique<Node>();
    node->kind = kind;
    node->left = std::move(left);
    node->right = std::move(right);
    return node;
  }

  // or binds less than and, and that less than not.
  NodePointer either(int depth) {
    NodePointer left = both(depth);
    if (problem_.ok() && takeWord("or")) {
      left = join(Node::Kind::kOr, std::move(left), either(depth + 1));
    }
    return left;
  }

  NodePointer both(int depth) {
    NodePointer left = single(depth);
    if (problem_.ok() && takeWord("and")) {
      left = join(Node::Kind::kAnd, std::move(left), both(depth + 1));
    }
    return left;
  }

  NodePointer single(int depth) {
    if (depth > kDeepest) return fail("fewer levels");
    if (takeWord("not")) return join(Node::Kind::kNot, single(depth + 1), nullptr);
    if (!take("(")) return comparison();
    NodePointer inner = either(depth + 1);
    if (problem_.ok() && !take(")")) return fail("\")\"");
    return inner;
  }

  NodePointer comparison() {
    auto node = std::make_unique<Node>();
    Comparison& made = node->comparison;
    const std::optional<Term> first = term();
    if (!first) return fail("a name or a value");
    made.negated = takeWord("not");
    if (takeWord("in")) {
      const std::optional<Term> container = term();
      if (!container || container->selector.empty()) return fail("a name");
      made.op = Operator::kIn;
      made.selector = container->selector;
      made.value = first->text;
    } else if (!first->selector.empty()) {
      made.selector = first->selector;
      if (!readOperator(made)) return nullptr;
    } else {
      return fail("\"in\" or \"not in\"");
    }
    problem_ = check(made, sample_);
    return node;
  }

  bool readOperator(Comparison& made) {
    if (takeWord("is") && !made.negated) {
      made.negated = takeWord("not");
      made.op = Operator::kIsEmpty;
      if (!takeWord("empty")) fail("\"empty\" or \"not empty\"");
      return problem_.ok();
    }
    if (takeWord("matches")) return fail("no regular expression") != nullptr;
    if (takeWord("contains")) {
      made.op = Operator::kIn;
    } else if (!made.negated && take("!=")) {
      made.negated = true;
    } else if (made.negated || !take("==")) {
      return fail("==, !=, contains, in or is") != nullptr;
    }
    const std::optional<Term> value = term();
    if (!value) fail("a value");
    if (value) made.value = value->text;
    return problem_.ok();
  }

  std::optional<Term> term() {
    skipBlanks();
    if (at_ == text_.size()) return std::nullopt;
    if (text_[at_] == '"' || text_[at_] == '`') return quoted();
    return isDigit(text_[at_]) || text_[at_] == '-' ? number() : word();
  }

  // Without escapes: a value that needs them can be written between `.
  std::optional<Term> quoted() {
    const std::size_t end = text_.find(text_[at_], at_ + 1);
    if (end == std::string_view::npos) return std::nullopt;
    Term term{std::string(text_.substr(at_ + 1, end - at_ - 1)), {}};
    if (text_[at_] == '"' && term.text.find('\\') != std::string::npos) return std::nullopt;
    at_ = end + 1;
    return term;
  }

  std::optional<Term> number() {
    const std::size_t begin = at_++;
    while (at_ < text_.size() && (isDigit(text_[at_]) || text_[at_] == '.')) ++at_;
    return Term{std::string(text_.substr(begin, at_ - begin)), {}};
  }

  // Name.Of["something"]
  std::optional<Term> word() {
    const std::size_t begin = at_;
    Term term;
    for (bool first = true; first || take("."); first = false) {
      const std::string part = identifier();
      if (part.empty()) return std::nullopt;
      term.selector.push_back(part);
      while (at_ < text_.size() && text_[at_] == '[') {
        ++at_;
        const bool key = at_ < text_.size() && (text_[at_] == '"' || text_[at_] == '`');
        const std::optional<Term> index = key ? quoted() : std::nullopt;
        if (!index || at_ == text_.size() || text_[at_] != ']') return std::nullopt;
        ++at_;
        term.selector.push_back(index->text);
      }
      if (at_ == text_.size() || text_[at_] != '.') break;
    }
    term.text = text_.substr(begin, at_ - begin);
    return term;
  }

  std::string identifier() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && isNameByte(text_[at_])) ++at_;
    return std::string(text_.substr(begin, at_ - begin));
  }

  static bool isNameByte(char c) {
    return isDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  }

  void skipBlanks() {
    while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != text_.npos) ++at_;
  }

  bool take(std::string_view symbol) {
    skipBlanks();
    if (text_.substr(at_, symbol.size()) != symbol) return false;
    at_ += symbol.size();
    return true;
  }

  bool takeWord(std::string_view word) {
    const std::size_t before = at_;
    if (take(word) && (at_ == text_.size() || !isNameByte(text_[at_]))) return true;
    at_ = before;
    return false;
  }

  NodePointer fail(std::string_view expected) {
    if (problem_.ok()) {
      problem_ = Status::invalid("1:" + std::to_string(at_ + 1) + " (" + std::to_string(at_) +
                                 "): no match found, expected: " + std::string(expected));
    }
    return nullptr;
  }

  const std::string_view text_;
  const json_t* const sample_;
  std::size_t at_ = 0;
  Status problem_;
};

}  // namespace

Filter::Filter(std::unique_ptr<Node> root) : root_(std::move(root)) {}
Filter::Filter(Filter&& other) noexcept = default;
Filter& Filter::operator=(Filter&& other) noexcept = default;
Filter::~Filter() = default;

Result<Filter> Filter::parse(std::string_view expression, std::string_view sample) {
  const Result<Json> entries = readJson(sample);
  if (!entries.ok()) return entries.status();
  json_t* const all = entries->get();
  const json_t* const entry =
      json_is_array(all) ? json_array_get(all, 0) : json_object_iter_value(json_object_iter(all));
  Result<NodePointer> root = Parser(expression, entry).parse();
  if (root.ok()) return Filter(std::move(*root));
  return Status::invalid("Failed to create boolean expression evaluator: " +
                         root.status().detail());
}

bool Filter::matches(std::string_view entry) const {
  const Result<Json> value = readJson(entry);
  return value.ok() && root_->matches(value->get());
}

}  // namespace evmicro::detail
