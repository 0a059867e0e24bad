// libevent's own HTTP server.
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>

#include <stdexcept>
#include <string>

#include "bench/bare.h"
#include "bench/responders.h"

namespace evmicro::bench {

namespace {

void onEvhttpRequest(evhttp_request* request, void*) {
  evbuffer* const input = evhttp_request_get_input_buffer(request);
  const std::size_t size = evbuffer_get_length(input);
  const auto* bytes = reinterpret_cast<const char*>(evbuffer_pullup(input, -1));
  static std::string body;
  body.clear();
  if (!answerBody({bytes, size}, body)) throw std::runtime_error("bad request");
  evkeyvalq* const headers = evhttp_request_get_output_headers(request);
  evhttp_add_header(headers, "Content-Type", "application/octet-stream");
  evbuffer* const output = evhttp_request_get_output_buffer(request);
  evbuffer_add(output, body.data(), body.size());
  evhttp_send_reply(request, 200, "OK", nullptr);
}

}  // namespace

void serveByEvhttp(const Listening& listening) {
  int port = 0;
  const int fd = listenSomewhere(port);
  event_base* const base = makeBase();
  evhttp* const http = evhttp_new(base);
  evhttp_set_gencb(http, onEvhttpRequest, nullptr);
  if (evhttp_accept_socket(http, fd) != 0) throw std::runtime_error("no listener");
  listening(port);
  event_base_dispatch(base);
}

}  // namespace evmicro::bench
