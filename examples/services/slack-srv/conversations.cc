#include "conversations.h"

#include <utility>

namespace slack_srv {

namespace {

void rename(web::Parameters& parameters, const char* from, const char* to) {
  const auto found = parameters.find(from);
  if (found == parameters.end()) return;
  parameters[to] = std::move(found->second);
  parameters.erase(found);
}

void rename(json_t* object, const char* from, const char* to) {
  json_t* const value = json_object_get(object, from);
  if (!value) return;
  json_object_set(object, to, value);
  json_object_del(object, from);
}

}  // namespace

std::optional<Conversation> Conversation::of(const std::string& method) {
  const std::size_t dot = method.find('.');
  const std::string kind = method.substr(0, dot);
  if (kind != "channels" && kind != "groups" && kind != "im") return std::nullopt;
  return Conversation(kind, method.substr(dot + 1));
}

void Conversation::adapt(web::Parameters& parameters) const {
  if (verb_ == "history") {
    rename(parameters, "count", "limit");
    parameters.erase("unreads");
  } else if (verb_ == "open") {
    rename(parameters, "user", "users");
  } else if (verb_ == "list") {
    parameters["types"] = kind_ == "channels" ? "public_channel"
                          : kind_ == "groups" ? "private_channel"
                                              : "im";
  }
}

void Conversation::restore(json_t* answer) const {
  if (verb_ == "list" && kind_ == "groups") rename(answer, "channels", "groups");
  if (verb_ == "list" && kind_ == "im") rename(answer, "channels", "ims");
  if (verb_ == "info" && kind_ == "groups") rename(answer, "channel", "group");
  // What was set is in the channel now: {"purpose":{"value":"..."}}.
  for (const auto& [verb, name] :
       {std::pair("setPurpose", "purpose"), std::pair("setTopic", "topic")}) {
    if (verb_ != verb) continue;
    json_t* const text =
        json_object_get(json_object_get(json_object_get(answer, "channel"), name), "value");
    if (text) json_object_set(answer, name, text);
  }
}

}  // namespace slack_srv
