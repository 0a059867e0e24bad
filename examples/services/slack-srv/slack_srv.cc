// go.micro.srv.slack: Slack's API as calls. Each method is a name of Slack's, and the parameters
// that are made from its request.
#include <functional>
#include <memory>
#include <string>

#include <evmicro/service.h>

#include "../go_environment.h"
#include "../web-api/api_flags.h"
#include "../web-api/tolerant_json.h"
#include "../web-api/web_api.h"
#include "conversations.h"
#include "slack.pb.h"

namespace {

namespace slack = go::micro::srv::slack;
using web::Parameters;

void addIf(Parameters& parameters, const char* name, const std::string& value) {
  if (!value.empty()) parameters[name] = value;
}
void addIf(Parameters& parameters, const char* name, std::int64_t value) {
  if (value > 0) parameters[name] = std::to_string(value);
}
// Slack's times: seconds with six decimals.
void addTimeIf(Parameters& parameters, const char* name, double value) {
  if (value > 0) parameters[name] = web::fixedText(value);
}
void addFlag(Parameters& parameters, const char* name, bool value) {
  parameters[name] = value ? "true" : "false";
}

template <typename Request>
void channel(const Request& request, Parameters& parameters) {
  parameters["channel"] = request.channel();
}
template <typename Request>
void purpose(const Request& request, Parameters& parameters) {
  channel(request, parameters);
  parameters["purpose"] = request.purpose();
}
template <typename Request>
void topic(const Request& request, Parameters& parameters) {
  channel(request, parameters);
  parameters["topic"] = request.topic();
}
template <typename Request>
void mark(const Request& request, Parameters& parameters) {
  channel(request, parameters);
  addTimeIf(parameters, "ts", request.ts());
}
template <typename Request>
void history(const Request& request, Parameters& parameters) {
  channel(request, parameters);
  addTimeIf(parameters, "latest", request.latest());
  addTimeIf(parameters, "oldest", request.oldest());
  if (request.inclusive() > 0) parameters["inclusive"] = "1";
  addIf(parameters, "count", request.count());
  addIf(parameters, "unreads", request.unreads());
}
// Unlike those of channels, its times are sent in any case.
void groupHistory(const slack::GroupsHistoryRequest& request, Parameters& parameters) {
  channel(request, parameters);
  parameters["latest"] = web::fixedText(request.latest());
  parameters["oldest"] = web::fixedText(request.oldest());
  if (request.inclusive() > 0) parameters["inclusive"] = "1";
  addIf(parameters, "count", request.count());
  if (request.unreads() > 0) parameters["unreads"] = "1";
}
void markChannel(const slack::ChannelsMarkRequest& request, Parameters& parameters) {
  channel(request, parameters);
  parameters["ts"] = web::fixedText(request.ts());
}
template <typename Request>
void list(const Request& request, Parameters& parameters) {
  if (request.exclude_archived() > 0) parameters["exclude_archived"] = "1";
}
template <typename Request>
void user(const Request& request, Parameters& parameters) {
  parameters["user"] = request.user();
}
template <typename Request>
void reaction(const Request& request, Parameters& parameters) {
  channel(request, parameters);
  parameters["name"] = request.name();
  parameters["file"] = request.file();
  parameters["file_comment"] = request.file_comment();
  addTimeIf(parameters, "timestamp", request.timestamp());
}
template <typename Request>
void nothing(const Request&, Parameters&) {}

void postMessage(const slack::ChatPostMessageRequest& request, Parameters& parameters) {
  channel(request, parameters);
  parameters["text"] = request.text();
  parameters["username"] = request.username();
  addFlag(parameters, "as_user", request.as_user());
  parameters["parse"] = request.parse();
  addIf(parameters, "link_names", request.link_names());
  parameters["attachments"] = request.attachments();
  addFlag(parameters, "unfurl_links", request.unfurl_links());
  addFlag(parameters, "unfurl_media", request.unfurl_media());
  parameters["icon_url"] = request.icon_url();
  parameters["icon_emoji"] = request.icon_emoji();
}
void update(const slack::ChatUpdateRequest& request, Parameters& parameters) {
  channel(request, parameters);
  parameters["text"] = request.text();
  parameters["parse"] = request.parse();
  parameters["attachments"] = request.attachments();
  addTimeIf(parameters, "ts", request.ts());
  addIf(parameters, "link_names", request.link_names());
}
void getReactions(const slack::ReactionsGetRequest& request, Parameters& parameters) {
  channel(request, parameters);
  parameters["file"] = request.file();
  parameters["file_comment"] = request.file_comment();
  addTimeIf(parameters, "timestamp", request.timestamp());
  if (request.full()) parameters["full"] = "true";
}
void listReactions(const slack::ReactionsListRequest& request, Parameters& parameters) {
  user(request, parameters);
  if (request.full()) parameters["full"] = "true";
  addIf(parameters, "count", request.count());
  addIf(parameters, "page", request.page());
}
void startRtm(const slack::RtmStartRequest& request, Parameters& parameters) {
  addFlag(parameters, "simple_latest", request.simple_latest());
  addFlag(parameters, "no_unreads", request.no_unreads());
  addFlag(parameters, "mpim_aware", request.mpim_aware());
}
void setPresence(const slack::UsersSetPresenceRequest& request, Parameters& parameters) {
  parameters["presence"] = request.presence();
}
void listUsers(const slack::UsersListRequest& request, Parameters& parameters) {
  if (request.presence() > 0) parameters["presence"] = "1";
}
void testApi(const slack::ApiTestRequest& request, Parameters& parameters) {
  addIf(parameters, "error", request.error());
  for (const auto& [name, value] : request.args()) parameters[name] = value;
}

class Slack {
 public:
  enum class Retired { kAsTheyAre, kAsConversations };

  Slack(evmicro::Service& service, web::WebApi& api, std::string token, Retired retired)
      : service_(service), api_(api), token_(std::move(token)), retired_(retired) {}

  template <typename Request, typename Response>
  void add(const char* method, const char* name, void (*fill)(const Request&, Parameters&)) {
    const auto conversation =
        retired_ == Retired::kAsConversations ? slack_srv::Conversation::of(name) : std::nullopt;
    const std::string path = "/api/" + (conversation ? conversation->method() : std::string(name));
    service_.server().handle<Request, Response>(
        method,
        [this, path, conversation, fill](const evmicro::Context& context, const Request& request,
                                         evmicro::Reply<Response> reply) {
          Parameters parameters;
          fill(request, parameters);
          if (conversation) conversation->adapt(parameters);
          if (path != "/api/api.test") parameters["token"] = token_;
          const auto owed = std::make_shared<evmicro::Reply<Response>>(std::move(reply));
          api_.post(
              context, path, parameters,
              [this, owed, conversation](const evmicro::Result<evmicro::HttpClientReply>& answer) {
                if (!answer.ok()) {
                  return owed->fail(failed(answer.status().detail(), web::codeOf(answer.status())));
                }
                const web::Json json = web::parseTolerantly(answer->body);
                if (conversation) conversation->restore(json.get());
                Response response;
                if (!web::readTolerantly(json.get(), response)) {
                  return owed->fail(failed("the API answered " + std::to_string(answer->status) +
                                           " with something that is not JSON"));
                }
                owed->send(response);
              });
        });
  }

 private:
  evmicro::Status failed(std::string detail, int code = 500) const {
    return evmicro::Status::error(code, service_.options().name, std::move(detail));
  }

  evmicro::Service& service_;
  web::WebApi& api_;
  const std::string token_;
  const Retired retired_;
};

// Method, Slack's name for it, and the function that makes its parameters. The messages have the
// method's name without the dot.
#define EXAMPLE_ADD(Service, Method, name, fill)                                \
  slack.add<slack::Service##Method##Request, slack::Service##Method##Response>( \
      #Service "." #Method, name, &fill<slack::Service##Method##Request>)
#define EXAMPLE_ADD_OWN(Service, Method, name, fill)                            \
  slack.add<slack::Service##Method##Request, slack::Service##Method##Response>( \
      #Service "." #Method, name, &fill)

void addAll(Slack& slack) {
  EXAMPLE_ADD_OWN(Api, Test, "api.test", testApi);
  EXAMPLE_ADD(Auth, Test, "auth.test", nothing);
  EXAMPLE_ADD(Channels, History, "channels.history", history);
  EXAMPLE_ADD(Channels, Info, "channels.info", channel);
  EXAMPLE_ADD(Channels, List, "channels.list", list);
  EXAMPLE_ADD_OWN(Channels, Mark, "channels.mark", markChannel);
  EXAMPLE_ADD(Channels, SetPurpose, "channels.setPurpose", purpose);
  EXAMPLE_ADD(Channels, SetTopic, "channels.setTopic", topic);
  EXAMPLE_ADD(Chat, Delete, "chat.delete", mark);
  EXAMPLE_ADD_OWN(Chat, PostMessage, "chat.postMessage", postMessage);
  EXAMPLE_ADD_OWN(Chat, Update, "chat.update", update);
  EXAMPLE_ADD(Emoji, List, "emoji.list", nothing);
  EXAMPLE_ADD(Groups, Close, "groups.close", channel);
  EXAMPLE_ADD_OWN(Groups, History, "groups.history", groupHistory);
  EXAMPLE_ADD(Groups, Info, "groups.info", channel);
  EXAMPLE_ADD(Groups, List, "groups.list", list);
  EXAMPLE_ADD(Groups, Mark, "groups.mark", mark);
  EXAMPLE_ADD(Groups, Open, "groups.open", channel);
  EXAMPLE_ADD(Groups, SetPurpose, "groups.setPurpose", purpose);
  EXAMPLE_ADD(Groups, SetTopic, "groups.setTopic", topic);
  EXAMPLE_ADD(IM, Close, "im.close", channel);
  EXAMPLE_ADD(IM, History, "im.history", history);
  EXAMPLE_ADD(IM, List, "im.list", nothing);
  EXAMPLE_ADD(IM, Mark, "im.mark", mark);
  EXAMPLE_ADD(IM, Open, "im.open", user);
  EXAMPLE_ADD(Reactions, Add, "reactions.add", reaction);
  EXAMPLE_ADD_OWN(Reactions, Get, "reactions.get", getReactions);
  EXAMPLE_ADD_OWN(Reactions, List, "reactions.list", listReactions);
  EXAMPLE_ADD(Reactions, Remove, "reactions.remove", reaction);
  EXAMPLE_ADD_OWN(Rtm, Start, "rtm.start", startRtm);
  EXAMPLE_ADD(Team, Info, "team.info", nothing);
  EXAMPLE_ADD(Users, GetPresence, "users.getPresence", user);
  EXAMPLE_ADD(Users, Info, "users.info", user);
  EXAMPLE_ADD_OWN(Users, List, "users.list", listUsers);
  EXAMPLE_ADD_OWN(Users, SetPresence, "users.setPresence", setPresence);
}

}  // namespace

int main(int argc, char** argv) {
  web::ApiFlags apiFlags("slack", "https://slack.com");
  std::string token;
  bool conversations = false;
  evmicro::ServiceOptions options;
  options.name = "go.micro.srv.slack";
  options.flags = apiFlags.with({
      {"api_token", "Sent with every request", &token},
      {"slack_conversations",
       "Ask Slack's conversations.* in place of channels.*, groups.* and im.*, which are retired",
       &conversations},
  });
  evmicro::Service service(options);
  service.init(argc, argv);
  const web::WebApi::Options apiOptions = apiFlags.optionsOrExit("slack_srv");
  orFromEnvironment(token, "API_TOKEN");
  web::WebApi api(service.loop(), apiOptions);
  service.server().collect(api.collector());
  Slack slack(service, api, token,
              conversations ? Slack::Retired::kAsConversations : Slack::Retired::kAsTheyAre);
  addAll(slack);
  return service.run();
}
