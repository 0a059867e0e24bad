#pragma once

#include <functional>
#include <string>
#include <string_view>

// Servers of Greeter.Hello to compare with: the same bytes on the wire, the same protobuf work.
namespace evmicro::bench {

/// Told the port of 127.0.0.1 once it listens.
using Listening = std::function<void(int port)>;

/// Answers a proto-rpc body: appends the reply's body to `reply`. False: it makes no sense.
bool answerBody(std::string_view body, std::string& reply);
/// Answers the first HTTP request in `input`: appends the whole reply to `output`, and tells how
/// many bytes it used; 0 while the request is not complete.
std::size_t answerRequest(std::string_view input, std::string& output);

/// Each serves until the process is ended.
void serveByEpoll(const Listening& listening);
void serveByBufferevent(const Listening& listening);
void serveByEvhttp(const Listening& listening);
void serveByEvmicro(const Listening& listening);

/// A listening, non-blocking socket on a free port of 127.0.0.1.
int listenSomewhere(int& port);

}  // namespace evmicro::bench
