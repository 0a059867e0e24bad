#pragma once

#include <optional>
#include <string>

#include <jansson.h>

#include "../web-api/web_api.h"

namespace slack_srv {

/// A method of Slack's that has been retired (`channels.*`, `groups.*`, `im.*`), as one of those
/// that have taken their places (`conversations.*`).
class Conversation {
 public:
  /// nullopt: `method`, such as `chat.postMessage`, has not been retired.
  static std::optional<Conversation> of(const std::string& method);

  /// `conversations.history`
  std::string method() const { return "conversations." + verb_; }
  /// Names the parameters as it does.
  void adapt(web::Parameters& parameters) const;
  /// Gives the members of the answer the names that the retired method had for them.
  void restore(json_t* answer) const;

 private:
  Conversation(std::string kind, std::string verb)
      : kind_(std::move(kind)), verb_(std::move(verb)) {}

  std::string kind_;  // `channels`
  std::string verb_;  // `history`
};

}  // namespace slack_srv
