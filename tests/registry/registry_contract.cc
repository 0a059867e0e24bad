#include <evmicro/conformance/registry_contract.h>

#include <algorithm>

#include <evmicro/service_json.h>

#include "support/turn_until.h"

namespace evmicro::test {

using namespace std::chrono_literals;
using Services = Result<std::vector<ServiceInfo>>;
using Names = Result<std::vector<std::string>>;

void RegistryFixture::setUp() {
  loop_ = std::make_unique<EventLoop>();
  registry_ = makeRegistry(*loop_);
}

void RegistryFixture::tearDown() {
  registry_.reset();
  loop_.reset();
}

bool RegistryFixture::turnUntil(const std::function<bool()>& done) {
  return test::turnUntil(*loop_, done);
}

bool RegistryFixture::vanishes(const std::string& name) {
  const auto start = EventLoop::now();
  while (found(name)) {
    if (EventLoop::now() - start > 20s) return false;
    turn(*loop_);
  }
  return true;
}

template <typename Outcome>
Outcome RegistryFixture::waitFor(const std::function<Call(std::function<void(Outcome)>)>& start) {
  std::optional<Outcome> outcome;
  const Call call = start([&](Outcome result) { outcome.emplace(std::move(result)); });
  CPPUNIT_ASSERT_MESSAGE("no answer", turnUntil([&] { return outcome.has_value(); }));
  return std::move(*outcome);
}

Status RegistryFixture::announce(const ServiceInfo& service, std::chrono::milliseconds ttl) {
  return waitFor<Status>(
      [&](auto done) { return registry_->registerService(service, {ttl}, done); });
}
Status RegistryFixture::renew(const ServiceInfo& service) {
  return waitFor<Status>([&](auto done) { return registry_->renew(service, done); });
}
Status RegistryFixture::deregister(const ServiceInfo& service) {
  return waitFor<Status>([&](auto done) { return registry_->deregister(service, done); });
}
Services RegistryFixture::get(const std::string& name) {
  return waitFor<Services>([&](auto done) { return registry_->getService(name, done); });
}
Names RegistryFixture::list() {
  return waitFor<Names>([&](auto done) { return registry_->listServices(done); });
}

ServiceInfo RegistryFixture::service(const std::string& name, const std::string& id,
                                     const std::string& version, std::uint16_t port) {
  ServiceInfo info;
  info.name = name;
  info.version = version;
  info.nodes.push_back({name + "-" + id, "127.0.0.1", port, {{"zone", "a"}}});
  return info;
}

namespace {

std::string text(const ServiceInfo& service) { return toJson(service); }

std::vector<std::string> ids(const ServiceInfo& service) {
  std::vector<std::string> result;
  for (const Node& node : service.nodes) result.push_back(node.id);
  std::sort(result.begin(), result.end());
  return result;
}

const ServiceInfo* versionOf(const std::vector<ServiceInfo>& services, const std::string& version) {
  for (const ServiceInfo& service : services) {
    if (service.version == version) return &service;
  }
  return nullptr;
}

}  // namespace

void RegistryContract::serviceIsFoundWithAllItsData() {
  ServiceInfo greeter = service("greeter", "1", "latest", 50'123);
  greeter.nodes[0].metadata = {{"transport", "http"}, {"registry", "x"}, {"type", "helloworld"}};
  greeter.endpoints = {
      {"Greeter.Hello",
       Value{"HelloRequest", "HelloRequest", {{"Name", "string", {}}, {"Raw", "[]uint8", {}}}},
       Value{"HelloResponse", "HelloResponse", {{"Greeting", "string", {}}}},
       {{"stream", "false"}}},
      {"Func", Value{"Message", "Message", {}}, std::nullopt, {{"subscriber", "true"}}}};
  CPPUNIT_ASSERT(announce(greeter).ok());
  const Services services = get("greeter");
  CPPUNIT_ASSERT_EQUAL_MESSAGE(services.status().toString(), true, services.ok());
  CPPUNIT_ASSERT_EQUAL(std::size_t(1), services->size());
  CPPUNIT_ASSERT_EQUAL(text(greeter), text(services->front()));
}

void RegistryContract::awkwardTextSurvives() {
  ServiceInfo info = service("text");
  info.nodes[0].metadata = {{"note", "a<b&c>\"q\"\\ \n\t\xC3\xBC \xE2\x80\xA8 end"},
                            {"", "empty key"},
                            {"empty value", ""},
                            {"k", "v=w"}};
  info.version = "";
  CPPUNIT_ASSERT(announce(info).ok());
  CPPUNIT_ASSERT_EQUAL(text(info), text(get("text")->front()));
}

void RegistryContract::awkwardNamesWork() {
  for (const char* name : {"topic:go.micro.srv.example", "a b", "a/b", "50%", "q?x=1&y#z",
                           "\xC3\xBC", "...", ".a", "a/b/", "a\"b\\c"}) {
    const ServiceInfo info = service(name);
    CPPUNIT_ASSERT_MESSAGE(name, announce(info, 10min).ok());
    const Services services = get(name);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(services.status().toString(), true, services.ok());
    CPPUNIT_ASSERT_EQUAL(text(info), text(services->front()));
    CPPUNIT_ASSERT_MESSAGE(name, renew(info).ok());
    CPPUNIT_ASSERT_MESSAGE(name, deregister(info).ok());
    CPPUNIT_ASSERT_MESSAGE(name, !found(name));
  }
}

// Symptom: a service of this name was registered in Consul, and could neither be renewed nor
// deregistered.
void RegistryContract::namesThatPathsLoseAreInvalid() {
  for (const char* name : {".", "..", "a/./b", "../../etc", "a//b", "/a", "a/..",
                           "http://10.0.0.1:80", "a\nb", "a\x7f"}) {
    // Nor are they looked up: a caller may have got them from outside.
    CPPUNIT_ASSERT_EQUAL_MESSAGE(name, ErrorKind::kNotFound, get(name).status().kind());
    CPPUNIT_ASSERT_MESSAGE(name, tells(*follow(name), ""));
    const Status named = announce(service(name));
    CPPUNIT_ASSERT_EQUAL_MESSAGE(name, ErrorKind::kInvalid, named.kind());
    CPPUNIT_ASSERT_MESSAGE(named.detail(), named.detail().find(name) != std::string::npos);
    ServiceInfo info = service("plain");
    info.nodes[0].id = name;
    CPPUNIT_ASSERT_EQUAL_MESSAGE(name, ErrorKind::kInvalid, announce(info).kind());
  }
}

void RegistryContract::ipv6AddressIsDialable() {
  ServiceInfo info = service("six");
  info.nodes[0].address = "[::1]";
  CPPUNIT_ASSERT(announce(info).ok());
  CPPUNIT_ASSERT_EQUAL(std::string("[::1]:9000"), get("six")->front().nodes.at(0).dialAddress());
}

void RegistryContract::unknownServiceIsNotFound() {
  const Services services = get("nope");
  CPPUNIT_ASSERT(services.status().kind() == ErrorKind::kNotFound);
  const std::string detail = services.status().detail();
  const std::string end = "service \"nope\" not found: no healthy node registered";
  CPPUNIT_ASSERT_EQUAL_MESSAGE(detail, end, detail.substr(detail.size() - end.size()));
  CPPUNIT_ASSERT_EQUAL(std::string("registry: "), detail.substr(0, 10));
}

void RegistryContract::nodesAreGroupedByVersion() {
  CPPUNIT_ASSERT(announce(service("many", "1", "1.0")).ok());
  CPPUNIT_ASSERT(announce(service("many", "2", "2.0")).ok());
  CPPUNIT_ASSERT(announce(service("many", "3", "1.0")).ok());
  const Services services = get("many");
  CPPUNIT_ASSERT_EQUAL(std::size_t(2), services->size());
  const ServiceInfo* const one = versionOf(*services, "1.0");
  const ServiceInfo* const two = versionOf(*services, "2.0");
  CPPUNIT_ASSERT(one && two);
  CPPUNIT_ASSERT((std::vector<std::string>{"many-1", "many-3"}) == ids(*one));
  CPPUNIT_ASSERT((std::vector<std::string>{"many-2"}) == ids(*two));
}

void RegistryContract::severalNodesAreAnnouncedAtOnce() {
  ServiceInfo info = service("pair");
  info.nodes.push_back({"pair-2", "127.0.0.1", 9001, {{"zone", "b"}}});
  CPPUNIT_ASSERT(announce(info, 10min).ok());
  CPPUNIT_ASSERT_EQUAL(text(info), text(get("pair")->front()));
  CPPUNIT_ASSERT(renew(info).ok());
  CPPUNIT_ASSERT(deregister(info).ok());
  CPPUNIT_ASSERT(!found("pair"));
}

void RegistryContract::announcingAgainReplaces() {
  CPPUNIT_ASSERT(announce(service("again", "1", "1.0", 9000)).ok());
  CPPUNIT_ASSERT(announce(service("again", "1", "2.0", 9001)).ok());
  const Services services = get("again");
  CPPUNIT_ASSERT_EQUAL(std::size_t(1), services->size());
  CPPUNIT_ASSERT_EQUAL(text(service("again", "1", "2.0", 9001)), text(services->front()));
}

void RegistryContract::announcingUnderAnotherNameMoves() {
  ServiceInfo info = service("before");
  CPPUNIT_ASSERT(announce(info).ok());
  info.name = "after";
  CPPUNIT_ASSERT(announce(info).ok());
  CPPUNIT_ASSERT(!found("before"));
  CPPUNIT_ASSERT(found("after"));
}

void RegistryContract::deregisteredNodeIsGone() {
  CPPUNIT_ASSERT(announce(service("left", "1")).ok());
  CPPUNIT_ASSERT(announce(service("left", "2")).ok());
  CPPUNIT_ASSERT(deregister(service("left", "1")).ok());
  CPPUNIT_ASSERT((std::vector<std::string>{"left-2"}) == ids(get("left")->front()));
  CPPUNIT_ASSERT(deregister(service("left", "2")).ok());
  CPPUNIT_ASSERT(!found("left"));
}

void RegistryContract::deregisteringTheUnknownIsNoError() {
  const Status status = deregister(service("never"));
  CPPUNIT_ASSERT_EQUAL_MESSAGE(status.toString(), true, status.ok());
}

void RegistryContract::deregisteringGoesOnToEveryNode() {
  CPPUNIT_ASSERT(announce(service("some", "2")).ok());
  ServiceInfo both = service("some", "1");
  both.nodes.push_back(service("some", "2").nodes[0]);
  CPPUNIT_ASSERT(deregister(both).ok());
  CPPUNIT_ASSERT(!found("some"));
}

void RegistryContract::ttlEndsARegistration() {
  CPPUNIT_ASSERT(announce(service("brief"), 300ms).ok());
  CPPUNIT_ASSERT(announce(service("lasting"), 10min).ok());
  CPPUNIT_ASSERT(found("brief"));
  CPPUNIT_ASSERT(vanishes("brief"));
  CPPUNIT_ASSERT(get("brief").status().kind() == ErrorKind::kNotFound);
  CPPUNIT_ASSERT(found("lasting"));
}

void RegistryContract::renewalKeepsARegistration() {
  constexpr auto kTtl = 400ms;
  const ServiceInfo info = service("alive");
  CPPUNIT_ASSERT(announce(info, kTtl).ok());
  const auto start = EventLoop::now();
  while (EventLoop::now() - start < 3 * kTtl) {
    CPPUNIT_ASSERT(renew(info).ok());
    CPPUNIT_ASSERT(found("alive"));
  }
  // Renewals postpone the expiry, they do not remove it.
  CPPUNIT_ASSERT(vanishes("alive"));
}

void RegistryContract::renewingTheUnknownIsNotFound() {
  const Status status = renew(service("never"));
  CPPUNIT_ASSERT_EQUAL_MESSAGE(status.toString(), true, status.kind() == ErrorKind::kNotFound);
}

void RegistryContract::renewingWithoutTtlIsNotFound() {
  CPPUNIT_ASSERT(announce(service("forever")).ok());
  const Status status = renew(service("forever"));
  CPPUNIT_ASSERT_EQUAL_MESSAGE(status.toString(), true, status.kind() == ErrorKind::kNotFound);
  CPPUNIT_ASSERT(found("forever"));
}

void RegistryContract::listIsSortedAndComplete() {
  for (const char* name : {"b", "c", "a"}) CPPUNIT_ASSERT(announce(service(name)).ok());
  CPPUNIT_ASSERT(announce(service("b", "2")).ok());
  const auto listed = [&] {
    Names names = list();
    CPPUNIT_ASSERT(names.ok());
    const auto own = std::find(names->begin(), names->end(), "consul");  // it registers itself
    if (own != names->end()) names->erase(own);
    return *names;
  };
  CPPUNIT_ASSERT((std::vector<std::string>{"a", "b", "c"}) == listed());
  CPPUNIT_ASSERT(deregister(service("a")).ok());
  CPPUNIT_ASSERT((std::vector<std::string>{"b", "c"}) == listed());
}

void RegistryContract::incompleteServicesAreInvalid() {
  ServiceInfo bad = service("");
  CPPUNIT_ASSERT(announce(bad).kind() == ErrorKind::kInvalid);
  bad = service("x");
  bad.nodes[0].id.clear();
  CPPUNIT_ASSERT(announce(bad).kind() == ErrorKind::kInvalid);
  CPPUNIT_ASSERT(renew(bad).kind() == ErrorKind::kInvalid);
  CPPUNIT_ASSERT(deregister(bad).kind() == ErrorKind::kInvalid);
  bad = service("x");
  bad.nodes[0].address.clear();
  CPPUNIT_ASSERT(announce(bad).kind() == ErrorKind::kInvalid);
  bad = service("x", "1", "1.0", 0);
  CPPUNIT_ASSERT(announce(bad).kind() == ErrorKind::kInvalid);
  bad = service("x");
  bad.nodes.clear();
  CPPUNIT_ASSERT(announce(bad).kind() == ErrorKind::kInvalid);
  CPPUNIT_ASSERT(renew(bad).kind() == ErrorKind::kInvalid);
  CPPUNIT_ASSERT(deregister(bad).kind() == ErrorKind::kInvalid);
  CPPUNIT_ASSERT(!found("x"));
}

void RegistryContract::nothingRunsInsideTheCall() {
  int ran = 0;
  const auto count = [&ran](const auto&) { ++ran; };
  const ServiceInfo info = service("later");
  std::vector<Call> calls;
  calls.push_back(registry_->registerService(info, {10min}, count));
  calls.push_back(registry_->registerService({}, {}, count));
  calls.push_back(registry_->renew(info, count));
  calls.push_back(registry_->deregister(info, count));
  calls.push_back(registry_->getService("later", count));
  calls.push_back(registry_->listServices(count));
  CPPUNIT_ASSERT_EQUAL(0, ran);
  CPPUNIT_ASSERT(turnUntil([&] { return ran == 6; }));
}

void RegistryContract::droppedCallsAreSilent() {
  int ran = 0;
  const auto count = [&ran](const auto&) { ++ran; };
  const ServiceInfo info = service("silent");
  registry_->registerService(info, {10min}, count).cancel();
  registry_->registerService({}, {}, count).cancel();
  registry_->renew(info, count).cancel();
  registry_->deregister(info, count).cancel();
  registry_->getService("silent", count).cancel();
  registry_->listServices(count).cancel();
  CPPUNIT_ASSERT(list().ok());
  turn(*loop_);
  CPPUNIT_ASSERT_EQUAL(0, ran);
}

void RegistryContract::callsMayOutliveTheRegistry() {
  int ran = 0;
  const auto count = [&ran](const auto&) { ++ran; };
  std::vector<Call> calls;
  calls.push_back(registry_->registerService(service("outlived"), {10min}, count));
  calls.push_back(registry_->registerService({}, {}, count));
  calls.push_back(registry_->getService("outlived", count));
  calls.push_back(registry_->listServices(count));
  registry_.reset();
  turn(*loop_, 50);
  CPPUNIT_ASSERT_EQUAL(0, ran);
}

void RegistryContract::callbackMayDropItsCall() {
  Call call;
  std::string seen;
  call = registry_->getService("nope", [&, captured = std::string(64, 'x')](const Services&) {
    call.cancel();
    seen = captured;
  });
  CPPUNIT_ASSERT(turnUntil([&] { return !seen.empty(); }));
  CPPUNIT_ASSERT_EQUAL(std::string(64, 'x'), seen);
}

void RegistryContract::callbackMayDestroyTheRegistry() {
  int ran = 0;
  std::vector<Call> calls;
  const auto destroy = [&](const auto&) {
    ++ran;
    registry_.reset();
    calls.clear();
  };
  const ServiceInfo info = service("destroyer");
  const std::vector<std::function<Call()>> starts = {
      [&] { return registry_->registerService(info, {10min}, destroy); },
      [&] { return registry_->registerService({}, {}, destroy); },
      [&] { return registry_->renew(info, destroy); },
      [&] { return registry_->deregister(info, destroy); },
      [&] { return registry_->getService("destroyer", destroy); },
      [&] { return registry_->listServices(destroy); }};
  for (const auto& start : starts) {
    ran = 0;
    if (!registry_) registry_ = makeRegistry(*loop_);
    for (int i = 0; i < 3; ++i) calls.push_back(start());
    CPPUNIT_ASSERT(turnUntil([&] { return ran > 0; }));
    turn(*loop_);
    CPPUNIT_ASSERT_EQUAL(1, ran);
  }
}

void RegistryContract::callbackMayAskAgain() {
  CPPUNIT_ASSERT(announce(service("repeat")).ok());
  Call call;
  int answers = 0;
  std::function<void()> ask = [&] {
    call = registry_->getService("repeat", [&](const Services& services) {
      if (services.ok() && ++answers < 50) ask();
    });
  };
  ask();
  CPPUNIT_ASSERT(turnUntil([&] { return answers == 50; }));
}

void RegistryContract::manyAtOnce() {
  constexpr int kNodes = 200;
  std::vector<Call> calls;
  int good = 0;
  for (int i = 0; i < kNodes; ++i) {
    calls.push_back(registry_->registerService(service("crowd", std::to_string(i)), {10min},
                                               [&](const Status& status) { good += status.ok(); }));
  }
  CPPUNIT_ASSERT(turnUntil([&] { return good == kNodes; }));
  CPPUNIT_ASSERT_EQUAL(std::size_t(kNodes), get("crowd")->front().nodes.size());
}

}  // namespace evmicro::test
