#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>

#include "call/outliers.h"
#include "support/manual_clock.h"
#include "support/turn_until.h"

namespace evmicro::detail {

using namespace std::chrono_literals;
using Strings = std::vector<std::string>;
using Known = Outliers::Known;

/// Outlier detection on a manual clock; the test answers the calls and the probes. Service "shop"
/// has the nodes a, b, c at h:1, h:2, h:3.
class OutliersFixture : public CppUnit::TestFixture {
 public:
  void setUp() override {
    clock_ = std::make_unique<test::ManualClock>();
    loop_ = std::make_unique<EventLoop>();
    nodes_["shop"] = {{"a", "h:1"}, {"b", "h:2"}, {"c", "h:3"}};
    probes_.clear();
    make({});
  }
  void tearDown() override {
    outliers_.reset();
    loop_.reset();
    clock_.reset();
    nodes_.clear();
  }

 protected:
  struct Probe {
    std::string node;
    std::function<void(Status)> done;
  };

  void make(const OutlierOptions& options) {
    places_.clear();
    outliers_ = std::make_unique<Outliers>(
        *loop_, options,
        Outliers::Needs{
            [this](const std::string& service) { return nodes_[service]; },
            [this](const std::string& service, const std::string& address,
                   std::chrono::milliseconds timeout, std::function<void(Status)> done) {
              CPPUNIT_ASSERT(timeout == 1s);
              probes_.push_back({service + " " + address, std::move(done)});
            }});
  }

  Outliers::Ticket begin(const std::string& address, const std::string& service = "shop") {
    return outliers_->begin(service, address, places_[address]);
  }
  void answer(Outliers::Ticket& call) {
    outliers_->answered(call);
    outliers_->ended(call, {});  // as calls do; counts no more
  }
  void answer(const std::string& address) {
    auto call = begin(address);
    answer(call);
  }
  void end(Outliers::Ticket& call) { outliers_->ended(call, Status::cancelled("over")); }
  // So that it is known to be quick, and not looked at now.
  void answerQuickly(const std::string& address) {
    for (int i = 0; i < 50; ++i) {
      auto call = begin(address);
      clock_->advance(*loop_, 1ms);
      answer(call);
      clock_->advance(*loop_, 1s);
    }
  }
  // 11 ms on average, 10 ms more or less.
  void answerWithVariation(const std::string& address) {
    for (int i = 0; i < 100; ++i) {
      auto call = begin(address);
      clock_->advance(*loop_, i % 2 == 0 ? 1ms : 21ms);
      answer(call);
      clock_->advance(*loop_, 1s);
    }
  }
  void fail(const std::string& address, const Status& why = Status::timeout("no answer")) {
    auto call = begin(address);
    outliers_->ended(call, why);
  }
  void eject(const std::string& address) {
    for (int i = 0; i < 3; ++i) fail(address);
    test::turn(*loop_);
  }
  void answerProbe(const Status& how) {
    CPPUNIT_ASSERT(!probes_.empty());
    const auto done = std::move(probes_.front().done);
    probes_.pop_front();
    done(how);
    test::turn(*loop_);
  }
  std::string probed() const {
    std::string nodes;
    for (const Probe& probe : probes_) nodes += probe.node;
    return nodes;
  }
  void expect(const std::string& ejected) {
    std::string ids;
    if (const auto* const all = outliers_->ejected("shop")) {
      for (const std::string& id : *all) ids += (ids.empty() ? "" : " ") + id;
    }
    CPPUNIT_ASSERT_EQUAL(ejected, ids);
  }

  std::unique_ptr<test::ManualClock> clock_;
  std::unique_ptr<EventLoop> loop_;
  std::map<std::string, std::vector<Known>> nodes_;
  std::map<std::string, Outliers::Place> places_;  // by address, as clients have them
  std::deque<Probe> probes_;
  std::unique_ptr<Outliers> outliers_;
};

}  // namespace evmicro::detail
