#pragma once

#include "http2/frames.h"
#include "server/rpc_fixture.h"

namespace evmicro::test {

/// A unary call by gRPC, whole.
inline std::string echo(std::uint32_t stream, const std::string& value, const Fields& more = {}) {
  return headers(stream, grpcHead("/Echo/Call", more)) +
         data(stream, message(text(value).SerializeAsString()));
}

/// A server on its port whose peers send frames: Echo.Call answers at once, Echo.Later when the
/// test does.
class EchoFixture : public RpcFixture {
 public:
  void setUp() override {
    RpcFixture::setUp();
    addMethods();
    start();
  }
  void tearDown() override {
    replies_.clear();
    context_.reset();
    RpcFixture::tearDown();
  }

 protected:
  /// Of a server that has not started.
  void addMethods() {
    server_->handle<Text, Text>("Echo.Call", [](Context&, const Text& request, Text& reply) {
      reply = request;
      return Status();
    });
    server_->handle<Text, Text>("Echo.Later", [this](Context context, Text, Reply<Text> reply) {
      context_ = context;
      replies_.push_back(std::move(reply));
    });
    handleMore();
  }
  /// Adds handlers before the server starts.
  virtual void handleMore() {}

  /// The code of the last GOAWAY or RST_STREAM.
  static std::optional<std::uint32_t> codeOf(const RawPeer& peer, int type) {
    std::optional<std::uint32_t> code;
    for (const Frame& one : framesIn(peer.received())) {
      if (one.type == type) code = one.code();
    }
    return code;
  }

  /// The first error, of a stream or of the connection.
  static std::optional<std::uint32_t> errorOf(const RawPeer& peer) {
    for (const Frame& one : framesIn(peer.received())) {
      const bool ends = one.type == kGoaway || one.type == kReset;
      if (ends && one.code() != 0) return one.code();
    }
    return std::nullopt;
  }

  /// The grpc-status of `stream`; empty while there is none.
  static std::string statusOf(const RawPeer& peer, std::uint32_t stream = 1) {
    for (const auto& [id, fields] : headersIn(peer.received())) {
      if (id != stream) continue;
      for (const auto& [name, value] : fields) {
        if (name == "grpc-status") return value;
      }
    }
    return {};
  }

  bool getsStatus(const RawPeer& peer, std::uint32_t stream = 1) {
    return runUntil(*loop_, [&] { return !statusOf(peer, stream).empty(); });
  }

  /// A call on a connection of its own is answered.
  void served() {
    RawPeer& peer = connect();
    peer.send(opening() + echo(1, "hello"));
    CPPUNIT_ASSERT(receives(peer, "hello"));
    CPPUNIT_ASSERT(getsStatus(peer));
    CPPUNIT_ASSERT_EQUAL(std::string("0"), statusOf(peer));
    peers_.clear();
  }

  std::vector<Reply<Text>> replies_;
  std::optional<Context> context_;  ///< of the last call of Echo.Later
};

}  // namespace evmicro::test
