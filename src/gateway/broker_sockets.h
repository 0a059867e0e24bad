#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include <evmicro/broker.h>
#include <evmicro/event_loop.h>
#include <evmicro/web_server.h>

namespace evmicro::gateway {

/// `GET /broker?topic=TOPIC` as a WebSocket: each message of the client is published as a body, and
/// each message of the topic is sent to it as text, `{"Header":{":topic":..},"Body":"<base64>"}`,
/// its own ones included. With `&queue=QUEUE` the clients of a queue share the messages.
///
/// The Content-Type of the request is the published messages' (text/plain if there is none).
/// Messages of more than 16,384 bytes end the connection (1009); a client that does not read is
/// disconnected.
class BrokerSockets {
 public:
  /// Both must outlive it. `origins`: whose pages may connect; empty: those of the sidecar's host.
  BrokerSockets(EventLoop& loop, Broker& broker, std::vector<std::string> origins);
  BrokerSockets(const BrokerSockets&) = delete;
  BrokerSockets& operator=(const BrokerSockets&) = delete;
  ~BrokerSockets();

  /// 400 if the request has no topic or does not ask for a WebSocket; 403: another origin.
  void serve(const WebRequest& request, WebReply reply);
  /// Closes all with code 1001.
  void stop();

 private:
  class Session;
  void over(Session& session);

  EventLoop& loop_;
  Broker& broker_;
  const std::vector<std::string> origins_;
  std::unordered_map<Session*, std::unique_ptr<Session>> sessions_;
};

}  // namespace evmicro::gateway
