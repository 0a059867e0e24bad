// What nghttp2 allows: its server on a readable event, one write for what a read has led to.
#include <event2/event.h>
#include <event2/listener.h>
#include <nghttp2/nghttp2.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>

#include "bench/bare.h"
#include "bench/responders.h"
#include "greeter.pb.h"

namespace evmicro::bench {

namespace {

constexpr std::size_t kPrefix = 5;  // of gRPC's messages
constexpr std::int32_t kConnectionWindow = 16 << 20;

struct Stream {
  std::string input;
  std::string output;
  std::size_t sent = 0;
};

struct Peer {
  nghttp2_session* session = nullptr;
  event* readable = nullptr;
  std::string output;
};

nghttp2_nv field(const char* name, const char* value) {
  // nghttp2 does not change the texts.
  const auto bytes = [](const char* text) {
    return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text));
  };
  return {bytes(name), bytes(value), std::strlen(name), std::strlen(value),
          NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE};
}

Stream* streamOf(nghttp2_session* session, std::int32_t id) {
  return static_cast<Stream*>(nghttp2_session_get_stream_user_data(session, id));
}

ssize_t readReply(nghttp2_session* session, std::int32_t id, std::uint8_t* to, std::size_t room,
                  std::uint32_t* flags, nghttp2_data_source* source, void*) {
  Stream& stream = *static_cast<Stream*>(source->ptr);
  const std::size_t size = std::min(room, stream.output.size() - stream.sent);
  std::memcpy(to, stream.output.data() + stream.sent, size);
  stream.sent += size;
  if (stream.sent == stream.output.size()) {
    *flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
    const std::array<nghttp2_nv, 1> trailers = {field("grpc-status", "0")};
    nghttp2_submit_trailer(session, id, trailers.data(), trailers.size());
  }
  return static_cast<ssize_t>(size);
}

void answer(nghttp2_session* session, std::int32_t id, Stream& stream) {
  HelloRequest request;
  const auto size = static_cast<int>(stream.input.size() - kPrefix);
  if (size < 0 || !request.ParseFromArray(stream.input.data() + kPrefix, size)) {
    nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, id, NGHTTP2_PROTOCOL_ERROR);
    return;
  }
  HelloResponse response;
  response.set_greeting("Hello " + request.name());
  stream.output.assign(1, '\0');
  appendPart(response, stream.output);
  const std::array<nghttp2_nv, 2> head = {field(":status", "200"),
                                          field("content-type", "application/grpc")};
  nghttp2_data_provider body{};
  body.source.ptr = &stream;
  body.read_callback = readReply;
  nghttp2_submit_response(session, id, head.data(), head.size(), &body);
}

int onBegin(nghttp2_session* session, const nghttp2_frame* frame, void*) {
  nghttp2_session_set_stream_user_data(session, frame->hd.stream_id, new Stream);
  return 0;
}

int onData(nghttp2_session* session, std::uint8_t, std::int32_t id, const std::uint8_t* bytes,
           std::size_t size, void*) {
  Stream* const stream = streamOf(session, id);
  if (stream) stream->input.append(reinterpret_cast<const char*>(bytes), size);
  return 0;
}

int onFrame(nghttp2_session* session, const nghttp2_frame* frame, void*) {
  const bool ends = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
  const bool carries = frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_HEADERS;
  Stream* const stream = carries && ends ? streamOf(session, frame->hd.stream_id) : nullptr;
  if (stream) answer(session, frame->hd.stream_id, *stream);
  return 0;
}

int onClosed(nghttp2_session* session, std::int32_t id, std::uint32_t, void*) {
  delete streamOf(session, id);
  return 0;
}

void close(Peer* peer) {
  const int fd = event_get_fd(peer->readable);
  event_free(peer->readable);
  nghttp2_session_del(peer->session);
  ::close(fd);
  delete peer;
}

// False: the connection is over. The peer reads all it is sent: no write is ever short.
bool writeAll(int fd, Peer& peer) {
  peer.output.clear();
  const std::uint8_t* frame = nullptr;
  for (;;) {
    const ssize_t size = nghttp2_session_mem_send(peer.session, &frame);
    if (size < 0) return false;
    if (size == 0) break;
    peer.output.append(reinterpret_cast<const char*>(frame), static_cast<std::size_t>(size));
  }
  const auto whole = static_cast<ssize_t>(peer.output.size());
  return whole == 0 || ::send(fd, peer.output.data(), peer.output.size(), MSG_NOSIGNAL) == whole;
}

void onReadable(evutil_socket_t fd, short, void* self) {
  auto* const peer = static_cast<Peer*>(self);
  std::array<std::uint8_t, 16'384> block;
  const ssize_t size = ::read(fd, block.data(), block.size());
  if (size < 0 && errno == EAGAIN) return;
  const bool taken = size > 0 && nghttp2_session_mem_recv(peer->session, block.data(),
                                                          static_cast<std::size_t>(size)) >= 0;
  if (!taken || !writeAll(fd, *peer)) close(peer);
}

nghttp2_session_callbacks* callbacks() {
  nghttp2_session_callbacks* made = nullptr;
  if (nghttp2_session_callbacks_new(&made) != 0) throw std::bad_alloc();
  nghttp2_session_callbacks_set_on_begin_headers_callback(made, onBegin);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(made, onData);
  nghttp2_session_callbacks_set_on_frame_recv_callback(made, onFrame);
  nghttp2_session_callbacks_set_on_stream_close_callback(made, onClosed);
  return made;
}

void onAccept(evconnlistener* listener, evutil_socket_t fd, sockaddr*, int, void*) {
  static const nghttp2_session_callbacks* const kCallbacks = callbacks();
  noDelay(fd);
  auto* const peer = new Peer;
  if (nghttp2_session_server_new(&peer->session, kCallbacks, peer) != 0) throw std::bad_alloc();
  nghttp2_submit_settings(peer->session, NGHTTP2_FLAG_NONE, nullptr, 0);
  nghttp2_session_set_local_window_size(peer->session, NGHTTP2_FLAG_NONE, 0, kConnectionWindow);
  peer->readable =
      event_new(evconnlistener_get_base(listener), fd, EV_READ | EV_PERSIST, onReadable, peer);
  event_add(peer->readable, nullptr);
}

}  // namespace

void serveByNghttp2(const Listening& listening) {
  int port = 0;
  const int fd = listenSomewhere(port);
  event_base* const base = makeBase();
  evconnlistener* const listener = evconnlistener_new(
      base, onAccept, nullptr, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, fd);
  if (!listener) throw std::runtime_error("no listener");
  listening(port);
  event_base_dispatch(base);
}

}  // namespace evmicro::bench
