#include "soak/load.h"

#include <string_view>
#include <utility>

#include <evmicro/client.h>

namespace evmicro::soak {

namespace {

using namespace std::chrono_literals;

constexpr char kService[] = "go.micro.srv.example";
constexpr char kTopic[] = "topic.go.micro.srv.example";
constexpr int kStrokes = 5;

ServiceOptions optionsOf(const std::string& registry, const std::string& caFile) {
  ServiceOptions options;
  options.name = "soak";
  options.registryAddresses = {registry};
  options.brokerAddress = "127.0.0.1:0";
  options.client.requestTimeout = 5s;
  options.client.contentType = "application/json";
  options.client.tls.caFile = caFile;
  return options;
}

}  // namespace

/// Strokes there and back, one after the other.
struct Load::PingPong {
  ClientStream<JsonDocument, JsonDocument> stream;
  int left = kStrokes;

  void next() {
    if (left-- == 0) return stream.finishSending();
    stream.send(JsonDocument{R"({"stroke":1})"});
  }
};

Load::Load(EventLoop& loop, const std::string& registry, const std::string& caFile)
    : loop_(loop),
      service_(loop, optionsOf(registry, caFile)),
      nextCall_(loop, [this] { call(); }),
      nextStream_(loop, [this] { stream(); }),
      nextPublication_(loop, [this] { publish(); }) {
  call();
  stream();
  publish();
}

std::size_t Load::nodes() {
  const auto known = service_.serviceView().known(kService);
  return known ? known->nodes.size() : 0;
}

void Load::stop() {
  nextCall_.stop();
  nextStream_.stop();
  nextPublication_.stop();
}

void Load::ended(const char* what, const Status& status) {
  --open_;
  if (status.ok()) return;
  const std::string text = status.toString();
  for (const std::string& address : killed_) {
    if (text.find(address) == std::string::npos) continue;
    // Topics name a subscriber until its registration has expired: any number of publications.
    if (std::string_view(what) != "publication") ++report_.failedAtKilled;
    return;
  }
  report_.failures.push_back(std::string(what) + ": " + text);
}

void Load::call() {
  nextCall_.start(5ms);
  ++open_;
  ++report_.calls;
  service_.client().call<JsonDocument>(
      Context(), kService, "Example.Call", JsonDocument{R"({"name":"soak"})"},
      [this](const Result<JsonDocument>& reply) { ended("call", reply.status()); });
}

void Load::stream() {
  nextStream_.start(20ms);
  ++open_;
  ++report_.streams;
  const auto pingPong =
      std::make_shared<PingPong>(PingPong{service_.client().stream<JsonDocument, JsonDocument>(
          Context(), kService, "Example.PingPong")});
  // The stream's callbacks own it until the end.
  pingPong->stream.onMessage([pingPong](const JsonDocument&) { pingPong->next(); });
  pingPong->stream.onEnd([this](const Status& status) { ended("stream", status); });
  pingPong->next();
}

void Load::publish() {
  nextPublication_.start(200ms);
  ++open_;
  ++report_.publications;
  service_.client().publish(Context(), kTopic, JsonDocument{R"({"say":"soak"})"},
                            [this](const Status& status) { ended("publication", status); });
}

}  // namespace evmicro::soak
