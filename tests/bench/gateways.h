#pragma once

#include "bench/responders.h"

// What stands between callers and a server: each serves on 127.0.0.1 until its process is ended.
namespace evmicro::bench {

/// Passes requests on to what listens at port `backend`.
using Pass = void (*)(int backend, const Listening& listening);

/// A reverse proxy with nothing around it: whole messages, a connection to the backend for each of
/// the caller's, two bufferevents.
void passByBufferevent(int backend, const Listening& listening);
/// The program nginx with one worker, connections to the backend that are kept, an access log.
void passByNginx(int backend, const Listening& listening);
bool haveNginx();
/// `evmicro api --api_handler=proxy`, access log and all.
void passByEvmicro(int backend, const Listening& listening);
/// `evmicro api --api_handler=rpc`: calls Greeter.Hello of the backend with the JSON of requests.
void callByEvmicroApi(int backend, const Listening& listening);

/// A backend: answers every HTTP request with `{"greeting":"Hello John"}`.
void serveGreetings(const Listening& listening);
/// WebSockets that wait, of a WebServer.
void serveWebSockets(const Listening& listening);

}  // namespace evmicro::bench
