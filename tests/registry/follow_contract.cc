// The part of the registry's contract that is about following services.
#include <algorithm>

#include <evmicro/conformance/registry_contract.h>
#include <evmicro/service_json.h>
#include "support/turn_until.h"

namespace evmicro::test {

using namespace std::chrono_literals;
using Services = Result<std::vector<ServiceInfo>>;
using Names = Result<std::vector<std::string>>;
using Strings = std::vector<std::string>;

namespace {

std::string join(const Strings& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

std::string describe(const Services& services) {
  if (!services.ok()) return "error";
  Strings nodes;
  for (const ServiceInfo& version : *services) {
    for (const Node& node : version.nodes) nodes.push_back(node.id + ":" + version.version);
  }
  return join(nodes);
}

// Consul counts itself as a service.
std::string describe(const Names& names) {
  if (!names.ok()) return "error";
  Strings others = *names;
  others.erase(std::remove(others.begin(), others.end(), "consul"), others.end());
  return join(others);
}

}  // namespace

std::unique_ptr<RegistryFixture::Told> RegistryFixture::follow(const std::string& name) {
  auto told = std::make_unique<Told>();
  told->token = registry_->follow(
      name, [&news = told->news](const Services& now) { news.push_back(describe(now)); });
  return told;
}

std::unique_ptr<RegistryFixture::Told> RegistryFixture::followNames() {
  auto told = std::make_unique<Told>();
  told->token = registry_->followNames([&news = told->news](const Names& now) {
    std::string text = describe(now);
    // Consul's own entry may come later than the first answer.
    if (news.empty() || news.back() != text) news.push_back(std::move(text));
  });
  return told;
}

bool RegistryFixture::tells(const Told& told, const std::string& text) {
  return turnUntil([&] { return !told.news.empty() && told.last() == text; });
}

void RegistryContract::followerLearnsWhatIsKnownAndWhatChanges() {
  const auto told = follow("shop");
  CPPUNIT_ASSERT(tells(*told, ""));
  CPPUNIT_ASSERT(announce(service("shop", "1")).ok());
  CPPUNIT_ASSERT(tells(*told, "shop-1:1.0"));
  CPPUNIT_ASSERT(announce(service("shop", "2", "2.0")).ok());
  CPPUNIT_ASSERT(tells(*told, "shop-1:1.0 shop-2:2.0"));
  CPPUNIT_ASSERT(deregister(service("shop", "1")).ok());
  CPPUNIT_ASSERT(tells(*told, "shop-2:2.0"));
  CPPUNIT_ASSERT(deregister(service("shop", "2")).ok());
  CPPUNIT_ASSERT(tells(*told, ""));
  CPPUNIT_ASSERT(announce(service("shop", "3")).ok());
  CPPUNIT_ASSERT(tells(*told, "shop-3:1.0"));
}

void RegistryContract::followerLearnsOfAnEndedTtl() {
  CPPUNIT_ASSERT(announce(service("brief"), 300ms).ok());
  const auto told = follow("brief");
  CPPUNIT_ASSERT(tells(*told, "brief-1:1.0"));
  CPPUNIT_ASSERT(tells(*told, ""));
}

void RegistryContract::followerLearnsOfNewData() {
  ServiceInfo info = service("data");
  CPPUNIT_ASSERT(announce(info).ok());
  std::uint16_t port = 0;
  std::string zone;
  const Subscription token = registry_->follow("data", [&](const Services& services) {
    if (!services.ok() || services->empty()) return;
    port = services->front().nodes.front().port;
    zone = services->front().nodes.front().metadata.at("zone");
  });
  CPPUNIT_ASSERT(turnUntil([&] { return port == 9000; }));
  info.nodes[0].port = 9001;
  CPPUNIT_ASSERT(announce(info).ok());
  CPPUNIT_ASSERT(turnUntil([&] { return port == 9001; }));
  info.nodes[0].metadata["zone"] = "b";
  CPPUNIT_ASSERT(announce(info).ok());
  CPPUNIT_ASSERT(turnUntil([&] { return zone == "b"; }));
}

void RegistryContract::followersOfOneNameShareAndLateOnesAreTold() {
  CPPUNIT_ASSERT(announce(service("both", "1")).ok());
  const auto first = follow("both");
  CPPUNIT_ASSERT(tells(*first, "both-1:1.0"));
  auto second = follow("both");
  CPPUNIT_ASSERT(tells(*second, "both-1:1.0"));
  CPPUNIT_ASSERT(announce(service("both", "2")).ok());
  CPPUNIT_ASSERT(tells(*first, "both-1:1.0 both-2:1.0"));
  CPPUNIT_ASSERT(tells(*second, "both-1:1.0 both-2:1.0"));
  second.reset();
  CPPUNIT_ASSERT(deregister(service("both", "1")).ok());
  CPPUNIT_ASSERT(tells(*first, "both-2:1.0"));
}

void RegistryContract::whatChangesNothingIsNotTold() {
  ServiceInfo info = service("calm");
  info.nodes.push_back({"calm-2", "127.0.0.1", 9001, {{"a", "1"}, {"b", "2"}}});
  CPPUNIT_ASSERT(announce(info, 10min).ok());
  const auto told = follow("calm");
  CPPUNIT_ASSERT(tells(*told, "calm-1:1.0 calm-2:1.0"));
  CPPUNIT_ASSERT(announce(info, 10min).ok());
  CPPUNIT_ASSERT(renew(info).ok());
  CPPUNIT_ASSERT(announce(service("loud")).ok());
  CPPUNIT_ASSERT(deregister(service("calm", "3")).ok());
  // A later change, reported after all earlier ones.
  CPPUNIT_ASSERT(announce(service("calm", "4")).ok());
  CPPUNIT_ASSERT(tells(*told, "calm-1:1.0 calm-2:1.0 calm-4:1.0"));
  CPPUNIT_ASSERT_EQUAL(std::size_t(2), told->news.size());
}

void RegistryContract::followerOfNamesLearnsOfEach() {
  const auto told = followNames();
  CPPUNIT_ASSERT(tells(*told, ""));
  CPPUNIT_ASSERT(announce(service("beta")).ok());
  CPPUNIT_ASSERT(tells(*told, "beta"));
  CPPUNIT_ASSERT(announce(service("alpha")).ok());
  CPPUNIT_ASSERT(tells(*told, "alpha beta"));
  CPPUNIT_ASSERT(deregister(service("beta")).ok());
  CPPUNIT_ASSERT(tells(*told, "alpha"));
  const auto late = followNames();
  CPPUNIT_ASSERT(tells(*late, "alpha"));
}

void RegistryContract::followedValuesAreSortedAndWhole() {
  ServiceInfo info = service("whole", "b", "2.0");
  info.endpoints = {{"Greeter.Hello",
                     Value{"Request", "Request", {{"Name", "string", {}}}},
                     std::nullopt,
                     {{"stream", "false"}}}};
  info.nodes.push_back({"whole-a", "127.0.0.1", 9001, {{"zone", "b"}}});
  CPPUNIT_ASSERT(announce(info).ok());
  CPPUNIT_ASSERT(announce(service("whole", "z", "1.0")).ok());
  std::optional<std::vector<ServiceInfo>> last;
  const Subscription token = registry_->follow("whole", [&](Services services) {
    if (services.ok()) last = std::move(*services);
  });
  CPPUNIT_ASSERT(turnUntil([&] { return last && last->size() == 2; }));
  std::swap(info.nodes[0], info.nodes[1]);
  CPPUNIT_ASSERT_EQUAL(toJson(service("whole", "z", "1.0")), toJson(last->at(0)));
  CPPUNIT_ASSERT_EQUAL(toJson(info), toJson(last->at(1)));
}

void RegistryContract::noFollowerRunsInsideACall() {
  bool within = true;
  int inside = 0;
  int ran = 0;
  const auto count = [&](const auto&) { ++(within ? inside : ran); };
  std::vector<Subscription> tokens;
  tokens.push_back(registry_->follow("inside", count));
  tokens.push_back(registry_->followNames(count));
  within = false;
  CPPUNIT_ASSERT(turnUntil([&] { return ran >= 2; }));
  within = true;
  const Call call = registry_->registerService(service("inside"), {}, [](const Status&) {});
  tokens.push_back(registry_->follow("inside", count));
  within = false;
  CPPUNIT_ASSERT(turnUntil([&] { return ran >= 5; }));
  CPPUNIT_ASSERT_EQUAL(0, inside);
}

void RegistryContract::droppedFollowersAreSilent() {
  int ran = 0;
  const auto count = [&ran](const auto&) { ++ran; };
  registry_->follow("quiet", count).cancel();
  registry_->followNames(count).cancel();
  const auto other = follow("quiet");
  CPPUNIT_ASSERT(announce(service("quiet")).ok());
  CPPUNIT_ASSERT(tells(*other, "quiet-1:1.0"));
  CPPUNIT_ASSERT_EQUAL(0, ran);
}

void RegistryContract::followersMayOutliveTheRegistry() {
  int ran = 0;
  const auto count = [&ran](const auto&) { ++ran; };
  const auto told = follow("outlived");
  CPPUNIT_ASSERT(tells(*told, ""));
  std::vector<Subscription> tokens;
  tokens.push_back(registry_->follow("outlived", count));
  tokens.push_back(registry_->followNames(count));
  registry_.reset();
  turn(*loop_, 50);
  CPPUNIT_ASSERT_EQUAL(0, ran);
}

void RegistryContract::followerMayDropItsToken() {
  Subscription token;
  std::string seen;
  token = registry_->follow("nope", [&, captured = std::string(64, 'x')](const Services&) {
    token.cancel();
    seen += captured;
  });
  CPPUNIT_ASSERT(turnUntil([&] { return !seen.empty(); }));
  CPPUNIT_ASSERT(announce(service("nope")).ok());
  turn(*loop_);
  CPPUNIT_ASSERT_EQUAL(std::string(64, 'x'), seen);
}

void RegistryContract::followerMayDestroyTheRegistry() {
  for (const bool names : {false, true}) {
    if (!registry_) registry_ = makeRegistry(*loop_);
    int ran = 0;
    std::vector<Subscription> tokens;
    const auto destroy = [&](const auto&) {
      ++ran;
      registry_.reset();
      tokens.clear();
    };
    for (int i = 0; i < 3; ++i) {
      tokens.push_back(names ? registry_->followNames(destroy)
                             : registry_->follow("destroyer", destroy));
    }
    CPPUNIT_ASSERT(turnUntil([&] { return ran > 0; }));
    turn(*loop_);
    CPPUNIT_ASSERT_EQUAL(1, ran);
  }
}

void RegistryContract::followerMayFollowAgain() {
  CPPUNIT_ASSERT(announce(service("repeat")).ok());
  Subscription token;
  int answers = 0;
  std::function<void()> again = [&] {
    token = registry_->follow("repeat", [&](const Services& services) {
      if (services.ok() && ++answers < 20) again();
    });
  };
  again();
  CPPUNIT_ASSERT(turnUntil([&] { return answers == 20; }));
}

// More than there are connections.
void RegistryContract::manyAreFollowedAtOnce() {
  constexpr int kNames = 100;
  const auto name = [](int i) { return "one-of-many-" + std::to_string(i); };
  std::vector<std::unique_ptr<Told>> all;
  for (int i = 0; i < kNames; ++i) all.push_back(follow(name(i)));
  const auto allTold = [&](int withNode) {
    return turnUntil([&] {
      for (int i = 0; i < kNames; ++i) {
        const auto& news = all[static_cast<std::size_t>(i)]->news;
        const std::string expected = i < withNode ? name(i) + "-1:1.0" : "";
        if (news.empty() || news.back() != expected) return false;
      }
      return true;
    });
  };
  CPPUNIT_ASSERT(allTold(0));
  for (int i = 0; i < kNames; ++i) CPPUNIT_ASSERT(announce(service(name(i))).ok());
  CPPUNIT_ASSERT(allTold(kNames));
}

}  // namespace evmicro::test
