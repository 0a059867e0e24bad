// go.micro.srv.twitter: tweets.
#include <ctime>
#include <memory>
#include <string>

#include <evmicro/service.h>

#include "../go_environment.h"
#include "../web-api/api_flags.h"
#include "../web-api/tolerant_json.h"
#include "../web-api/web_api.h"
#include "oauth.h"
#include "twitter.evmicro.h"

namespace {

using Answer = evmicro::Result<evmicro::HttpClientReply>;

constexpr const char* kPath = "/1.1/statuses/update.json";
constexpr std::size_t kMostLetters = 140;
constexpr std::size_t kMostOfAnswer = 512;  // in an error

// Code points of UTF-8.
std::size_t letters(const std::string& text) {
  std::size_t count = 0;
  for (const char c : text) count += (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  return count;
}

web::Parameters formOf(const TweetRequest& tweet) {
  web::Parameters form = {{"status", tweet.status()}};
  if (tweet.in_reply_to_status_id() > 0) {
    form["in_reply_to_status_id"] = std::to_string(tweet.in_reply_to_status_id());
  }
  if (tweet.possibly_sensitive()) form["possibly_sensitive"] = "true";
  if (tweet.has_lat_lng()) {
    form["lat"] = web::fixedText(tweet.lat_lng().lat());
    form["long"] = web::fixedText(tweet.lat_lng().lng());
  }
  if (!tweet.place_id().empty()) form["place_id"] = tweet.place_id();
  if (tweet.display_coordinates()) form["display_coordinates"] = "true";
  if (tweet.trim_user()) form["trim_user"] = "true";
  std::string media;
  for (const auto id : tweet.media_ids()) media += (media.empty() ? "" : ",") + std::to_string(id);
  if (!media.empty()) form["media_ids"] = media;
  return form;
}

class Api final : public ApiAsyncHandler {
 public:
  Api(std::string name, std::string base, web::WebApi& api, twitter::Credentials credentials)
      : id_(std::move(name) + ".Api.Tweet"),
        url_(std::move(base) + kPath),
        api_(api),
        credentials_(std::move(credentials)) {}

  void Tweet(evmicro::Context context, TweetRequest request,
             evmicro::Reply<TweetResponse> reply) override {
    if (request.status().empty()) return reply.fail(error(400, "Status cannot be blank"));
    if (letters(request.status()) > kMostLetters) {
      return reply.fail(error(400, "Status cannot be longer than 140 chars"));
    }
    if (request.has_lat_lng() && !web::onEarth(request.lat_lng().lat(), request.lat_lng().lng())) {
      return reply.fail(error(400, web::kNotOnEarth));
    }
    const web::Parameters form = formOf(request);
    const std::string header =
        twitter::authorization(credentials_, url_, form, web::randomHex(16), std::time(nullptr));
    const auto owed = std::make_shared<evmicro::Reply<TweetResponse>>(std::move(reply));
    api_.post(context, kPath, form, [this, owed](const Answer& answer) { answered(*owed, answer); },
              {"Authorization: " + header});
  }

 private:
  void answered(evmicro::Reply<TweetResponse>& reply, const Answer& answer) const {
    if (!answer.ok())
      return reply.fail(error(web::codeOf(answer.status()), answer.status().detail()));
    if (answer->status == 429) {
      const std::string until = answer->header("X-Rate-Limit-Reset");
      return reply.fail(error(
          429, "rate limit exceeded" + (until.empty() ? "" : "; it ends at Unix time " + until)));
    }
    if (answer->status != 200) {
      return reply.fail(error(500, "Get " + url_ + " returned status " +
                                       std::to_string(answer->status) + ", " +
                                       answer->body.substr(0, kMostOfAnswer)));
    }
    TweetResponse response;
    if (!web::readTolerantly(answer->body, response)) {
      return reply.fail(error(500, "tweeted, but the answer is not JSON"));
    }
    reply.send(response);
  }
  evmicro::Status error(int code, std::string detail) const {
    return evmicro::Status::error(code, id_, std::move(detail));
  }

  const std::string id_;
  const std::string url_;
  web::WebApi& api_;
  const twitter::Credentials credentials_;
};

}  // namespace

int main(int argc, char** argv) {
  web::ApiFlags apiFlags("twitter", "https://api.twitter.com");
  twitter::Credentials credentials;
  evmicro::ServiceOptions options;
  options.name = "go.micro.srv.twitter";
  options.flags = apiFlags.with({
      {"consumer_key", "Key of the application", &credentials.consumerKey},
      {"consumer_secret", "Secret of the application", &credentials.consumerSecret},
      {"access_token", "Token of the account", &credentials.token},
      {"access_token_secret", "Secret of the account", &credentials.tokenSecret},
  });
  evmicro::Service service(options);
  service.init(argc, argv);
  const web::WebApi::Options apiOptions = apiFlags.optionsOrExit("twitter_srv");
  orFromEnvironment(credentials.consumerKey, "CONSUMER_KEY");
  orFromEnvironment(credentials.consumerSecret, "CONSUMER_SECRET");
  orFromEnvironment(credentials.token, "ACCESS_TOKEN");
  orFromEnvironment(credentials.tokenSecret, "ACCESS_TOKEN_SECRET");
  web::WebApi web(service.loop(), apiOptions);
  service.server().collect(web.collector());
  Api api(service.options().name, apiOptions.base, web, credentials);
  registerApiHandler(service.server(), api);
  return service.run();
}
