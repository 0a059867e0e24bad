#pragma once

#include <cstddef>
#include <string>
#include <string_view>

struct event_base;

// What the bare peers are made of.
namespace evmicro::bench {

/// The parts of a proto-rpc body. False: it is not one.
bool splitBody(std::string_view body, std::string_view& envelope, std::string_view& payload);

/// The head and the body of the first HTTP message in `input`, and the bytes it takes; 0: it is not
/// complete.
std::size_t splitMessage(std::string_view input, std::string_view& body);

/// Answers the body of a call of Greeter.Hello: appends the reply's body to `reply`. False: it
/// makes no sense.
bool answerBody(std::string_view body, std::string& reply);
/// The same for the first HTTP request in `input`, with the heads; tells how many bytes it used, 0
/// while the request is not complete. Throws std::runtime_error when it makes no sense.
std::size_t answerRequest(std::string_view input, std::string& output);

/// A whole HTTP reply around `body`.
void appendReply(std::string_view body, std::string& output);
/// A proto-rpc body or a part of one: the length and the bytes of `message`.
template <typename Message>
void appendPart(const Message& message, std::string& out) {
  const auto size = static_cast<std::size_t>(message.ByteSizeLong());
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(size >> shift);
  message.AppendToString(&out);
}

enum class Bind { kLoopbackAddress, kLoopbackDevice };
/// A listening, non-blocking socket on a free port.
int listenSomewhere(int& port, Bind bind = Bind::kLoopbackAddress);
void noDelay(int fd);

/// The fastest kind of base that libevent has.
event_base* makeBase();

}  // namespace evmicro::bench
