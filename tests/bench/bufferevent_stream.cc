// Example.Stream by a bare bufferevent: replies are serialised into its output buffer, which it
// writes as the socket takes them, and which is filled up when it runs low.
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>

#include <cstdint>
#include <stdexcept>
#include <string>

#include "bench/bare.h"
#include "bench/bench.pb.h"
#include "bench/responders.h"
#include "example.pb.h"

namespace evmicro::bench {

namespace {

using go::micro::srv::example::StreamingRequest;
using go::micro::srv::example::StreamingResponse;

constexpr std::size_t kLowWater = 16'384;
constexpr std::size_t kHighWater = 65'536;

struct Count {
  std::int64_t next = 0;
  std::int64_t end = 0;
  int requests = 0;  // the first opens the stream, the second is the request
  std::uint64_t seq = 0;
  std::string body;
  std::string output;
};

void appendMessage(Count& count, const std::string& error, const StreamingResponse* response) {
  ReplyEnvelope envelope;
  envelope.set_method("Example.Stream");
  envelope.set_seq(error.empty() ? count.seq : 0);
  envelope.set_error(error);
  count.body.clear();
  appendPart(envelope, count.body);
  if (response) {
    appendPart(*response, count.body);
  } else {
    count.body.append(4, '\0');
  }
  appendReply(count.body, count.output);
}

void onWritable(bufferevent* stream, void* self) {
  auto& count = *static_cast<Count*>(self);
  if (count.requests < 2 || count.next > count.end) return;
  count.output.clear();
  while (count.next < count.end && count.output.size() < kHighWater) {
    StreamingResponse response;
    response.set_count(count.next++);
    appendMessage(count, "", &response);
  }
  if (count.next == count.end && count.output.size() < kHighWater) {
    appendMessage(count, "EOS", nullptr);
    ++count.next;
  }
  bufferevent_write(stream, count.output.data(), count.output.size());
}

void onReadable(bufferevent* stream, void* self) {
  auto& count = *static_cast<Count*>(self);
  evbuffer* const input = bufferevent_get_input(stream);
  while (const std::size_t size = evbuffer_get_length(input)) {
    const auto* bytes = reinterpret_cast<const char*>(evbuffer_pullup(input, -1));
    std::string_view body;
    const std::size_t used = splitMessage({bytes, size}, body);
    if (used == 0) return;
    std::string_view part;
    std::string_view payload;
    RequestEnvelope envelope;
    StreamingRequest request;
    if (!splitBody(body, part, payload) ||
        !envelope.ParseFromArray(part.data(), static_cast<int>(part.size())) ||
        !request.ParseFromArray(payload.data(), static_cast<int>(payload.size()))) {
      throw std::runtime_error("bad request");
    }
    count.seq = envelope.seq();
    count.end = request.count();
    ++count.requests;
    evbuffer_drain(input, used);
  }
  onWritable(stream, self);
}

void onOver(bufferevent* stream, short, void* self) {
  bufferevent_free(stream);
  delete static_cast<Count*>(self);
}

void onAccept(evconnlistener* listener, evutil_socket_t fd, sockaddr*, int, void*) {
  noDelay(fd);
  bufferevent* const stream =
      bufferevent_socket_new(evconnlistener_get_base(listener), fd, BEV_OPT_CLOSE_ON_FREE);
  bufferevent_setcb(stream, onReadable, onWritable, onOver, new Count);
  bufferevent_setwatermark(stream, EV_WRITE, kLowWater, 0);
  bufferevent_enable(stream, EV_READ | EV_WRITE);
}

}  // namespace

void streamByBufferevent(const Listening& listening) {
  int port = 0;
  const int fd = listenSomewhere(port);
  event_base* const base = makeBase();
  if (!evconnlistener_new(base, onAccept, nullptr, LEV_OPT_CLOSE_ON_FREE, 0, fd)) {
    throw std::runtime_error("no listener");
  }
  listening(port);
  event_base_dispatch(base);
}

}  // namespace evmicro::bench
