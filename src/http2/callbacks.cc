#include "http2/callbacks.h"

#include <new>

#include "http2/request_head.h"
#include "http2/session.h"

namespace evmicro::detail {

namespace {

Http2Stream* streamOf(nghttp2_session* session, std::int32_t id) noexcept {
  return static_cast<Http2Stream*>(nghttp2_session_get_stream_user_data(session, id));
}

std::string_view text(const std::uint8_t* bytes, std::size_t size) noexcept {
  return {reinterpret_cast<const char*>(bytes), size};
}

}  // namespace

/// The functions that nghttp2 calls.
struct Http2Callbacks {
  static Http2Session& sessionOf(void* user) noexcept { return *static_cast<Http2Session*>(user); }

  static int onBeginHeaders(nghttp2_session*, const nghttp2_frame* frame, void* user) noexcept {
    Http2Session& session = sessionOf(user);
    const std::int32_t id = frame->hd.stream_id;
    if (frame->headers.cat != NGHTTP2_HCAT_REQUEST) {
      session.heading_ = streamOf(session.native_.get(), id);
      return 0;
    }
    session.heading_ = nullptr;
    Http2Stream* const stream =
        session.observer_ ? session.observer_->onStream(session, id) : nullptr;
    if (!stream) {
      session.reset(id, NGHTTP2_REFUSED_STREAM);
      return 0;
    }
    session.heading_ = session.add(stream, id);
    return 0;
  }

  // No other frame comes between those of a block of fields.
  static int onHeader(nghttp2_session*, const nghttp2_frame*, nghttp2_rcbuf* name,
                      nghttp2_rcbuf* value, std::uint8_t, void* user) noexcept {
    Http2Stream* const stream = sessionOf(user).heading_;
    if (stream) stream->onHeader(textOf(*name), *value);
    return 0;
  }

  // Whether the peer could do without it.
  static bool isIdle(const nghttp2_frame& frame) noexcept {
    if (frame.hd.type == NGHTTP2_PRIORITY) return true;
    return frame.hd.type == NGHTTP2_DATA && frame.hd.length <= frame.data.padlen &&
           (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) == 0;
  }

  static int onFrame(nghttp2_session* session, const nghttp2_frame* frame, void* user) noexcept {
    const auto type = frame->hd.type;
    if (type == NGHTTP2_SETTINGS || type == NGHTTP2_GOAWAY) {
      Http2Session& self = sessionOf(user);
      if (type == NGHTTP2_SETTINGS && (frame->hd.flags & NGHTTP2_FLAG_ACK) == 0) {
        self.settled_ = true;
      }
      if (self.observer_) self.observer_->onSessionChanged(self);
      return 0;
    }
    if (isIdle(*frame)) sessionOf(user).countFault();
    if (type != NGHTTP2_HEADERS && type != NGHTTP2_DATA) return 0;
    sessionOf(user).pings_ = 0;
    Http2Stream* const stream = streamOf(session, frame->hd.stream_id);
    if (!stream) return 0;
    if (type == NGHTTP2_HEADERS) {
      sessionOf(user).known_ = true;
      stream->onHeadersEnd();
    }
    if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) stream->onInputEnd();
    return 0;
  }

  // The windows: the stream's is opened again when it has used the bytes, the connection's when all
  // that has come is read, so that one slow stream does not hold up the others.
  static int onData(nghttp2_session* session, std::uint8_t, std::int32_t id,
                    const std::uint8_t* data, std::size_t size, void* user) noexcept {
    sessionOf(user).consumed_ += size;
    if (Http2Stream* const stream = streamOf(session, id)) {
      stream->onData(text(data, size));
    } else {
      nghttp2_session_consume_stream(session, id, size);
    }
    return 0;
  }

  static int onClosed(nghttp2_session* session, std::int32_t id, std::uint32_t code,
                      void* user) noexcept {
    if (Http2Stream* const stream = streamOf(session, id)) stream->onStreamClosed(code);
    Http2Session& self = sessionOf(user);
    if (self.observer_) self.observer_->onSessionChanged(self);
    return 0;
  }

  static bool blamesThePeer(std::uint32_t code) noexcept {
    return code != NGHTTP2_NO_ERROR && code != NGHTTP2_CANCEL && code != NGHTTP2_REFUSED_STREAM;
  }

  // A server that has answered wants no more of the request: as RFC 9113, 8.1 has it.
  static int onSent(nghttp2_session* session, const nghttp2_frame* frame, void* user) noexcept {
    const bool ends = (frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA) &&
                      (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    Http2Session& self = sessionOf(user);
    if (frame->hd.type == NGHTTP2_GOAWAY) self.endCode_ = frame->goaway.error_code;
    if (frame->hd.type == NGHTTP2_RST_STREAM && blamesThePeer(frame->rst_stream.error_code)) {
      self.countFault();
    }
    if (!ends || self.role_ != Http2Session::Role::kAccepted) return 0;
    const std::int32_t id = frame->hd.stream_id;
    if (nghttp2_session_get_stream_remote_close(session, id) == 0) {
      self.reset(id, NGHTTP2_NO_ERROR);
    }
    return 0;
  }

  // Above nghttp2's limit, for one: without it the peer would wait for ever. Of a request nghttp2
  // closes the stream itself.
  static int onNotSent(nghttp2_session* session, const nghttp2_frame* frame, int /*error*/,
                       void* user) noexcept {
    const bool reply =
        frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat != NGHTTP2_HCAT_REQUEST;
    if (reply && streamOf(session, frame->hd.stream_id)) {
      sessionOf(user).reset(frame->hd.stream_id, NGHTTP2_INTERNAL_ERROR);
    }
    return 0;
  }
};

const nghttp2_session_callbacks* http2Callbacks() {
  using Callbacks = CHandle<nghttp2_session_callbacks, nghttp2_session_callbacks_del>;
  static const Callbacks all = [] {
    nghttp2_session_callbacks* made = nullptr;
    if (nghttp2_session_callbacks_new(&made) != 0) throw std::bad_alloc();
    nghttp2_session_callbacks_set_on_begin_headers_callback(made, Http2Callbacks::onBeginHeaders);
    nghttp2_session_callbacks_set_on_header_callback2(made, Http2Callbacks::onHeader);
    nghttp2_session_callbacks_set_on_frame_recv_callback(made, Http2Callbacks::onFrame);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(made, Http2Callbacks::onData);
    nghttp2_session_callbacks_set_on_stream_close_callback(made, Http2Callbacks::onClosed);
    nghttp2_session_callbacks_set_on_frame_send_callback(made, Http2Callbacks::onSent);
    nghttp2_session_callbacks_set_on_frame_not_send_callback(made, Http2Callbacks::onNotSent);
    return Callbacks(made);
  }();
  return all.get();
}

ssize_t http2ReadOutput(nghttp2_session* session, std::int32_t id, std::uint8_t* to,
                        std::size_t room, std::uint32_t* flags, nghttp2_data_source*,
                        void*) noexcept {
  Http2Stream* const stream = streamOf(session, id);
  if (!stream) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  const Http2Stream::Output output = stream->readOutput(to, room);
  if (output.end) *flags |= NGHTTP2_DATA_FLAG_EOF;
  if (output.trailers) *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
  if (output.size == 0 && !output.end) return NGHTTP2_ERR_DEFERRED;
  return static_cast<ssize_t>(output.size);
}

}  // namespace evmicro::detail
