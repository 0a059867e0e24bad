#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace evmicro::bench {

/// The caller's side of one connection, as bytes: it knows the protocol, and no sockets. Calls have
/// slots, numbered from 0: as many as may be in flight at once.
class Conversation {
 public:
  Conversation() = default;
  Conversation(const Conversation&) = delete;
  Conversation& operator=(const Conversation&) = delete;
  virtual ~Conversation() = default;

  /// Appends the bytes of one more call, in `slot`, to `out`.
  virtual void ask(std::size_t slot, std::string& out) = 0;

  /// Reads what is complete at the front of `input` and tells how many bytes that was. Compares
  /// every reply with what it must be: std::runtime_error when it is another. Appends the slots of
  /// the calls that are over to `over`, and what the protocol wants to say in between to `out`.
  virtual std::size_t take(std::string_view input, std::vector<std::size_t>& over,
                           std::string& out) = 0;
};

using MakeConversation = std::function<std::unique_ptr<Conversation>()>;

/// Greeter.Hello with "John": by proto-rpc, by json-rpc, by gRPC, by Thrift (framed, binary).
std::unique_ptr<Conversation> protoCalls();
std::unique_ptr<Conversation> jsonCalls();
std::unique_ptr<Conversation> grpcCalls();
std::unique_ptr<Conversation> thriftCalls();

/// Example.Stream: a call is a stream of `count` replies.
std::unique_ptr<Conversation> protoStream(int count);
std::unique_ptr<Conversation> grpcStream(int count);

/// POST /greeter/hello with JSON, as gateways take it.
std::unique_ptr<Conversation> greetings();
/// A WebSocket: a call is its handshake.
std::unique_ptr<Conversation> webSockets();

/// Example.PingPong: one stream for the whole conversation, a call is a ping with its pong.
std::unique_ptr<Conversation> protoPings();
std::unique_ptr<Conversation> grpcPings();

}  // namespace evmicro::bench
