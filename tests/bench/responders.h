#pragma once

#include <functional>

// Servers to compare: each serves on 127.0.0.1 until its process is ended, and does the whole work
// of a call, parsing and serialising included.
namespace evmicro::bench {

/// Told the port once it listens.
using Listening = std::function<void(int port)>;
using Serve = void (*)(const Listening& listening);

/// Greeter.Hello by proto-rpc, with nothing around it: no deadlines, limits, wrappers, headers.
void serveByEpoll(const Listening& listening);
void serveByBufferevent(const Listening& listening);
void serveByEvhttp(const Listening& listening);
/// The first of them on every address of the loopback device, 127.0.0.0/8.
void serveByEpollEverywhere(const Listening& listening);
/// Example.Stream, as bare.
void streamByBufferevent(const Listening& listening);

/// Greeter.Hello by gRPC, as bare.
void serveByNghttp2(const Listening& listening);

/// Greeter.Hello, Example.Stream and Example.PingPong.
void serveByEvmicro(const Listening& listening);
/// The same by `--transport evhttp`, which has no streams.
void serveByEvmicroOnEvhttp(const Listening& listening);
void serveByGrpc(const Listening& listening);
/// The same by TLS, with the files of tlsFiles().
void serveByEpollTls(const Listening& listening);
void serveByEvmicroTls(const Listening& listening);
void serveByGrpcTls(const Listening& listening);
/// Greeter.Hello.
void serveByThrift(const Listening& listening);

}  // namespace evmicro::bench
