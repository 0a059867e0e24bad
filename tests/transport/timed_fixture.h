#pragma once

#include <chrono>
#include <memory>

#include <evmicro/conformance/transport_fixture.h>

#include "support/manual_clock.h"

namespace evmicro::test {

/// A TransportFixture with a ManualClock. The contracts do not use one: they also test other
/// projects' transports, whose time cannot be faked.
class TimedTransportFixture : public TransportFixture {
 public:
  void setUp() override {
    clock_ = std::make_unique<ManualClock>();
    TransportFixture::setUp();
  }
  void tearDown() override {
    TransportFixture::tearDown();
    clock_.reset();
  }

 protected:
  /// What the time-outs of sockets may be late by; see Deadlines.
  static constexpr std::chrono::milliseconds kSlack{2};

  void pass(std::chrono::nanoseconds time) { clock_->advance(*loop_, time); }

  std::unique_ptr<ManualClock> clock_;
};

}  // namespace evmicro::test
