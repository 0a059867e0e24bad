#pragma once

#include <string>

#include <evmicro/broker.h>
#include <evmicro/web_server.h>

namespace evmicro::gateway {

/// `POST /broker?topic=TOPIC`: publishes the body, with the headers of the request as the header of
/// the message (Content-Type is text/plain if there is none), and answers 200 when every subscriber
/// has it.
void servePublish(Broker& broker, const WebRequest& request, WebReply reply);

/// The topic of a request to /broker: its parameter `topic`. 400: there is none.
Result<std::string> topicOf(const WebRequest& request);

/// The Content-Type of the messages that it publishes.
std::string contentTypeOf(const WebRequest& request);

}  // namespace evmicro::gateway
