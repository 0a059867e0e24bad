#pragma once

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "net/byte_stream.h"

namespace evmicro::test {

/// An observer of a byte stream that notes its events in order: H(andshake), C(onnected), B(ytes),
/// W(oken), D(rained), E(nd), R(efused), X (error).
struct Noted final : detail::ByteStream::Observer {
  void onHandshake() override { note('H'); }
  void onConnected() override { note('C'); }
  void onBytes(std::string_view some) override {
    bytes.append(some);
    note('B');
  }
  void onWoken() override { note('W'); }
  void onDrained() override { note('D'); }
  void onEof() override { note('E'); }
  void onRefused(Status status) override {
    why = std::move(status);
    note('R');
  }
  void onError(Status status) override {
    why = std::move(status);
    note('X');
  }
  void note(char what) {
    events += what;
    if (next) next();
  }
  std::size_t count(char what) const {
    return static_cast<std::size_t>(std::count(events.begin(), events.end(), what));
  }

  std::string events;
  std::string bytes;
  std::optional<Status> why;
  std::function<void()> next;  ///< runs at every event; may be empty
};

}  // namespace evmicro::test
