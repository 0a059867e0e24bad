#include "query.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>
#include <vector>

namespace place {

namespace {

using evmicro::Status;

constexpr std::array<std::string_view, 6> kFields = {"name",  "iata",        "address",
                                                     "phone", "description", "tags"};
constexpr std::size_t kMostBytes = 1'024;
constexpr int kDeepest = 32;

struct Token {
  enum class Kind { kWord, kPhrase, kField, kOpen, kClose, kAnd, kOr, kNot, kEnd };
  Kind kind;
  std::string text;
};

struct Wrong {
  std::string why;
};

bool ends(char c) {
  return std::isspace(static_cast<unsigned char>(c)) || c == '(' || c == ')' || c == '"' ||
         c == ':';
}

// Taken for text, it would find what is to be left out.
void refuseExclusion(const std::string& query, std::size_t begin, std::size_t end) {
  if (query[begin] != '-' && query[begin] != '!') return;
  const bool precedes = end < query.size() && (query[end] == '"' || query[end] == '(');
  if (end - begin == 1 && !precedes) return;
  throw Wrong{std::string("'") + query[begin] + "' before a word: write NOT, or a phrase"};
}

std::vector<Token> tokensOf(const std::string& query) {
  std::vector<Token> tokens;
  std::size_t at = 0;
  while (at < query.size()) {
    const char c = query[at];
    if (std::isspace(static_cast<unsigned char>(c))) {
      ++at;
    } else if (c == '(' || c == ')') {
      tokens.push_back({c == '(' ? Token::Kind::kOpen : Token::Kind::kClose, {}});
      ++at;
    } else if (c == '"') {
      const auto close = query.find('"', at + 1);
      if (close == std::string::npos) throw Wrong{"a phrase has no end"};
      tokens.push_back({Token::Kind::kPhrase, query.substr(at + 1, close - at - 1)});
      at = close + 1;
    } else if (c == ':') {
      throw Wrong{"':' must follow a field"};
    } else {
      const std::size_t begin = at;
      while (at < query.size() && !ends(query[at])) ++at;
      refuseExclusion(query, begin, at);
      const std::string word = query.substr(begin, at - begin);
      if (at < query.size() && query[at] == ':') {
        tokens.push_back({Token::Kind::kField, word});
        ++at;
      } else if (word == "AND" || word == "OR" || word == "NOT") {
        const auto kind = word == "AND"  ? Token::Kind::kAnd
                          : word == "OR" ? Token::Kind::kOr
                                         : Token::Kind::kNot;
        tokens.push_back({kind, {}});
      } else {
        tokens.push_back({Token::Kind::kWord, word});
      }
    }
  }
  tokens.push_back({Token::Kind::kEnd, {}});
  return tokens;
}

std::string quoted(const std::string& text) {
  std::string all = "\"";
  for (const char c : text) all += c == '"' ? std::string("\"\"") : std::string(1, c);
  return all + "\"";
}

// alternatives = all { [OR] all }; all = one { AND [NOT] one | NOT one };
// one = [field ':'] ( word | phrase | '(' alternatives ')' )
class Parser {
 public:
  explicit Parser(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

  std::string whole() {
    std::string text = alternatives(0);
    if (kind() == Token::Kind::kClose) throw Wrong{"')' closes nothing"};
    return text;
  }

 private:
  using Kind = Token::Kind;

  Kind kind() const { return tokens_[at_].kind; }
  bool take(Kind kind) {
    if (tokens_[at_].kind != kind) return false;
    ++at_;
    return true;
  }

  std::string alternatives(int depth) {
    if (depth > kDeepest) throw Wrong{"parentheses are too deep"};
    std::string text = all(depth);
    while (kind() != Kind::kEnd && kind() != Kind::kClose) {
      take(Kind::kOr);
      text += " OR " + all(depth);
    }
    return text;
  }

  std::string all(int depth) {
    if (kind() == Kind::kNot) throw Wrong{"NOT must follow what it is taken from"};
    std::string text = one(depth);
    while (true) {
      const bool both = take(Kind::kAnd);
      if (take(Kind::kNot)) {
        text = "(" + text + " NOT " + one(depth) + ")";
      } else if (both) {
        text = "(" + text + " AND " + one(depth) + ")";
      } else {
        return text;
      }
    }
  }

  std::string one(int depth) {
    std::string field;
    if (kind() == Kind::kField) {
      field = tokens_[at_++].text;
      if (std::find(kFields.begin(), kFields.end(), field) == kFields.end()) {
        throw Wrong{"there is no field " + field};
      }
      field += " : ";
    }
    const Token token = tokens_[at_++];
    switch (token.kind) {
      case Kind::kPhrase: return field + quoted(token.text);
      case Kind::kWord: {
        const bool prefix = token.text.back() == '*';
        const std::string word = token.text.substr(0, token.text.size() - (prefix ? 1 : 0));
        if (word.find('*') != std::string::npos || word.empty()) {
          throw Wrong{"'*' may only end a word"};
        }
        return field + quoted(word) + (prefix ? " *" : "");
      }
      case Kind::kOpen: {
        const std::string text = alternatives(depth + 1);
        if (!take(Kind::kClose)) throw Wrong{"'(' is not closed"};
        return field + "(" + text + ")";
      }
      case Kind::kEnd: throw Wrong{"it ends where a word is expected"};
      default: throw Wrong{"an operator stands where a word is expected"};
    }
  }

  const std::vector<Token> tokens_;
  std::size_t at_ = 0;
};

}  // namespace

evmicro::Result<std::string> translate(const std::string& query) {
  if (query.size() > kMostBytes) return Status::invalid("query: longer than 1024 bytes");
  if (query.find('\0') != std::string::npos) return Status::invalid("query: it contains NUL");
  try {
    std::vector<Token> tokens = tokensOf(query);
    const bool star = tokens.size() == 2 && tokens[0].text == "*";
    if (tokens.size() == 1 || star) return std::string();
    return Parser(std::move(tokens)).whole();
  } catch (const Wrong& wrong) {
    return Status::invalid("query: " + wrong.why);
  }
}

}  // namespace place
