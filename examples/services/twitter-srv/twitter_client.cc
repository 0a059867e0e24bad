// Tweets.
#include <evmicro/service.h>

#include "../say.h"
#include "twitter.evmicro.h"

int main(int argc, char** argv) {
  evmicro::ServiceOptions options;
  options.name = "twitter-client";
  evmicro::Service service(options);
  service.init(argc, argv);
  TweetRequest tweet;
  tweet.set_status("Tweeting via a microservice");
  const auto sent = ApiClient("go.micro.srv.twitter", service.client()).Tweet(tweet);
  return say("Tweet", sent) ? 0 : 1;
}
