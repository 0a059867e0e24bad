// Saves where a runner is, reads it, and looks who is around: by HTTP, through `evmicro api`.
#include <iostream>
#include <optional>
#include <string>

#include <evmicro/event_loop.h>
#include <evmicro/http_client.h>

namespace {

using Reply = evmicro::Result<evmicro::HttpClientReply>;

// Turns the loop until there is an answer. Whether it is a good one.
bool post(evmicro::EventLoop& loop, const char* what, const std::string& url, std::string form) {
  evmicro::HttpClient client(loop);
  evmicro::HttpClientRequest request;
  request.method = "POST";
  request.url = url;
  request.headers = {"Content-Type: application/x-www-form-urlencoded"};
  request.body = std::move(form);
  std::optional<Reply> answer;
  const evmicro::Call call =
      client.send(std::move(request), [&](Reply reply) { answer = std::move(reply); });
  if (!loop.runUntil([&] { return answer.has_value(); }).ok() || !answer) return false;
  const bool good = answer->ok() && (*answer)->status == 200;
  (good ? std::cout : std::cerr) << what << ": "
                                 << (answer->ok() ? (*answer)->body : answer->status().toString())
                                 << '\n';
  return good;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string api = argc > 1 ? argv[1] : "http://127.0.0.1:8080";
  const std::string here = R"({"latitude":51.516509,"longitude":0.124615})";
  evmicro::EventLoop loop;
  const bool good =
      post(loop, "Save", api + "/geo/location/save", "id=id123&type=runner&location=" + here) &&
      post(loop, "Read", api + "/geo/location/read", "id=id123") &&
      post(loop, "Search", api + "/geo/location/search",
           "type=runner&radius=500&num_entities=5&center=" + here);
  return good ? 0 : 1;
}
