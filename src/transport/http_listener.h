#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <evmicro/event_loop.h>
#include <evmicro/transport.h>

#include "http/socket_shared.h"
#include "http2/port.h"
#include "net/acceptor.h"
#include "net/byte_stream.h"
#include "net/socket_backlog.h"
#include "net/tls.h"

namespace evmicro::detail {

/// Whether a listener speaks HTTP/2 to those who begin with its preface.
enum class Http2Use { kYes, kNo };

/// Listens for HTTP connections: each accepted descriptor becomes a byte stream and an HttpSocket,
/// which answers requests for pages and is handed out when its first message has arrived.
class HttpListener final : public Listener, private Acceptor::Observer {
 public:
  /// See openListeningSockets(). `loop` and `observer` must outlive it.
  static Result<std::unique_ptr<HttpListener>> open(EventLoop& loop, std::string_view address,
                                                    const ListenOptions& options,
                                                    Listener::Observer& observer,
                                                    Http2Use http2 = Http2Use::kYes);

  ~HttpListener() override;

  void stopAccepting() override;
  std::size_t awaited() const override;
  std::string address() const override { return acceptor_.address(); }
  ListenerStats stats() const override;
  Status reloadTls() override;

 private:
  HttpListener(EventLoop& loop, std::vector<ListeningSocket> sockets, const ListenOptions& options,
               std::shared_ptr<TlsServer> tls, Http2Use http2, Listener::Observer& observer);
  void onAccepted(int fd) override;
  void onNoDescriptor() override { shared_->admission.makeRoom(); }
  void onAcceptFailure(Status why) override { observer_.onListenerFailure(std::move(why)); }

  EventLoop& loop_;
  Listener::Observer& observer_;
  std::uint64_t accepted_ = 0;
  EventLoop::Clock::time_point announced_{};        // when accepting was stopped
  const std::shared_ptr<HttpSocketShared> shared_;  // shared with the sockets, which may outlive
                                                    // this object
  const std::shared_ptr<TlsServer> tls_;            // with its streams; null: no TLS
  const std::unique_ptr<Http2Port> http2_;          // null: not spoken
  SocketBacklog backlog_;
  Acceptor acceptor_;
};

}  // namespace evmicro::detail
