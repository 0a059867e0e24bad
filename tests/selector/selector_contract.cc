#include <evmicro/conformance/selector_contract.h>

#include <optional>

#include <evmicro/memory_registry.h>

#include "support/turn_until.h"

namespace evmicro::test {

namespace {

ServiceInfo nodesOf(const std::string& service, const std::vector<std::string>& ids,
                    const std::string& version = "1.0") {
  ServiceInfo info;
  info.name = service;
  info.version = version;
  for (const std::string& id : ids) {
    const auto port = static_cast<std::uint16_t>(9001 + info.nodes.size());
    info.nodes.push_back({id, "127.0.0.1", port, {}});
  }
  return info;
}

bool knows(ServiceView& view, const std::string& service, const std::string& id) {
  const ServiceView::Snapshot known = view.known(service);
  if (!known) return false;
  for (const ServiceSnapshot::Entry& entry : known->nodes) {
    if (entry.node->id == id) return true;
  }
  return false;
}

}  // namespace

void SelectorFixture::setUp() {
  loop_ = std::make_unique<EventLoop>();
  registry_ = makeMemoryRegistry(*loop_);
  view_ = std::make_unique<ServiceView>(*loop_, *registry_);
  selector_ = makeSelector(*view_);
  filters_.clear();
  tried_.clear();
}

void SelectorFixture::tearDown() {
  selector_.reset();
  view_.reset();
  registry_.reset();
  loop_.reset();
}

void SelectorFixture::add(const std::string& service, const std::vector<std::string>& ids,
                          const std::string& version) {
  const ServiceInfo info = nodesOf(service, ids, version);
  const Call call = registry_->registerService(info, {}, [](const Status&) {});
  CPPUNIT_ASSERT(prepare(service).ok());
  CPPUNIT_ASSERT(turnUntil(*loop_, [&] { return knows(*view_, service, ids.back()); }));
}

void SelectorFixture::remove(const std::string& service, const std::string& id) {
  const Call call = registry_->deregister(nodesOf(service, {id}), [](const Status&) {});
  CPPUNIT_ASSERT(turnUntil(*loop_, [&] { return !knows(*view_, service, id); }));
}

Selector::NodePtr SelectorFixture::chooseNode(const std::string& service) {
  const auto chosen = selector_->choose(service, {filters_, tried_});
  CPPUNIT_ASSERT_MESSAGE("nothing is known", chosen);
  CPPUNIT_ASSERT_MESSAGE(chosen->status().toString(), chosen->ok());
  CPPUNIT_ASSERT(chosen->value());
  return chosen->value();
}

std::string SelectorFixture::choose(const std::string& service) {
  const Selector::NodePtr node = chooseNode(service);
  selector_->mark(service, *node, {});
  return node->id;
}

Status SelectorFixture::prepare(const std::string& service) {
  std::optional<Status> ready;
  const Call call =
      selector_->prepare(service, [&ready](Status status) { ready = std::move(status); });
  CPPUNIT_ASSERT_MESSAGE("called back inside prepare()", !ready);
  CPPUNIT_ASSERT(turnUntil(*loop_, [&ready] { return ready.has_value(); }));
  return *ready;
}

void SelectorContract::hasAName() { CPPUNIT_ASSERT(!selector_->name().empty()); }

void SelectorContract::unknownServiceIsPreparedFirst() {
  const Call call = registry_->registerService(nodesOf("shop", {"a"}), {}, [](const Status&) {});
  CPPUNIT_ASSERT(!selector_->choose("shop", {filters_, tried_}));
  CPPUNIT_ASSERT(prepare("shop").ok());
  CPPUNIT_ASSERT_EQUAL(std::string("a"), choose());
}

void SelectorContract::absentServiceIsNotFound() {
  CPPUNIT_ASSERT(prepare("nobody").kind() == ErrorKind::kNotFound);
  CPPUNIT_ASSERT(!selector_->choose("nobody", {filters_, tried_}));
}

void SelectorContract::everyFilterMustSayYes() {
  add("shop", {"a", "b", "c"});
  filters_ = {[](const ServiceInfo&, const Node& node) { return node.id != "a"; },
              [](const ServiceInfo&, const Node& node) { return node.id != "c"; }};
  for (int i = 0; i < 20; ++i) CPPUNIT_ASSERT_EQUAL(std::string("b"), choose());
}

void SelectorContract::noNodePassingIsNotFound() {
  add("shop", {"a", "b"});
  filters_ = {[](const ServiceInfo&, const Node&) { return false; }};
  tried_ = {"a"};
  const auto chosen = selector_->choose("shop", {filters_, tried_});
  CPPUNIT_ASSERT(chosen && chosen->status().kind() == ErrorKind::kNotFound);
}

void SelectorContract::triedNodeIsTakenOnlyWhenThereIsNoOther() {
  add("shop", {"a", "b", "c"});
  tried_ = {"a", "c"};
  for (int i = 0; i < 20; ++i) CPPUNIT_ASSERT_EQUAL(std::string("b"), choose());
  tried_ = {"a", "b", "c"};
  CPPUNIT_ASSERT(!choose().empty());
}

void SelectorContract::changesCount() {
  add("shop", {"a"});
  CPPUNIT_ASSERT_EQUAL(std::string("a"), choose());
  add("shop", {"b"}, "2.0");
  filters_ = {[](const ServiceInfo&, const Node& node) { return node.id == "b"; }};
  CPPUNIT_ASSERT_EQUAL(std::string("b"), choose());
  filters_.clear();
  remove("shop", "a");
  for (int i = 0; i < 20; ++i) CPPUNIT_ASSERT_EQUAL(std::string("b"), choose());
}

void SelectorContract::nodeStaysAsItWasChosen() {
  add("shop", {"a"});
  const Selector::NodePtr node = chooseNode();
  add("shop", {"b"}, "2.0");
  remove("shop", "a");
  CPPUNIT_ASSERT_EQUAL(std::string("b"), choose());
  CPPUNIT_ASSERT_EQUAL(std::string("a"), node->id);
  selector_->mark("shop", *node, {});
  CPPUNIT_ASSERT_EQUAL(std::string("b"), choose());
}

void SelectorContract::nodeOutlivesSelectorAndView() {
  add("shop", {"a"});
  const Selector::NodePtr node = chooseNode();
  selector_.reset();
  view_.reset();
  CPPUNIT_ASSERT_EQUAL(std::string("127.0.0.1:9001"), node->dialAddress());
}

void SelectorContract::servicesAreSeparate() {
  add("shop", {"a"});
  add("bank", {"x", "y"});
  for (int i = 0; i < 10; ++i) {
    CPPUNIT_ASSERT_EQUAL(std::string("a"), choose("shop"));
    CPPUNIT_ASSERT(choose("bank") != "a");
  }
}

// If every node fails, one of them may have recovered: calls must keep trying.
void SelectorContract::failuresLeaveSomebodyToChoose() {
  add("shop", {"a", "b"});
  for (int i = 0; i < 50; ++i) {
    const Selector::NodePtr node = chooseNode();
    selector_->mark("shop", *node, Status::unavailable("connection refused"));
  }
}

void SelectorContract::everyOutcomeMayBeMarked() {
  add("shop", {"a", "b"});
  for (const Status& outcome :
       {Status(), Status::invalid(""), Status::notFound(""), Status::unavailable(""),
        Status::timeout(""), Status::internal(""), Status::cancelled("")}) {
    for (int i = 0; i < 3; ++i) selector_->mark("shop", *chooseNode(), outcome);
  }
}

void SelectorContract::markOfTheUnknownIsHarmless() {
  selector_->mark("nobody", Node{}, Status::unavailable("connection refused"));
  add("shop", {"a"});
  selector_->mark("shop", Node{}, {});
  const Selector::NodePtr node = chooseNode();
  selector_->mark("shop", *node, {});
  selector_->mark("shop", *node, {});  // once too often
  CPPUNIT_ASSERT_EQUAL(std::string("a"), choose());
}

void SelectorContract::droppedPreparationIsSilent() {
  bool ran = false;
  Call call = selector_->prepare("shop", [&ran](const Status&) { ran = true; });
  call.cancel();
  turn(*loop_);
  CPPUNIT_ASSERT(!ran);
}

void SelectorContract::preparedMayDestroyTheSelector() {
  int ran = 0;
  std::vector<Call> calls;
  for (int i = 0; i < 2; ++i) {
    calls.push_back(selector_->prepare("shop", [&](const Status&) {
      ++ran;
      calls.clear();
      selector_.reset();
      view_.reset();
    }));
  }
  CPPUNIT_ASSERT(turnUntil(*loop_, [&ran] { return ran > 0; }));
  turn(*loop_);
  CPPUNIT_ASSERT_EQUAL(1, ran);
}

}  // namespace evmicro::test
