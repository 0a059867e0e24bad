#include "peers/ports.h"

#include <stdexcept>

#include "tool/evmicro_process.h"

namespace evmicro::test {

const char kHelloCall[] = R"({"method":"Greeter.Hello","params":[{"name":"John"}],"id":7})";
const char kHelloAnswer[] = R"({"id":7,"result":{"greeting":"Hello John"},"error":null})"
                            "\n";

PeerPorts::PeerPorts()
    : http_("greeter", agent_.address(), {"--transport", "http"}),
      evhttp_("greeter", agent_.address(), {"--transport", "evhttp"}),
      subscriber_(evmicroCommand(
          agent_.address(), {"--broker_address", "127.0.0.1:0", "subscribe", "news", "--json"})) {
  const auto address = subscriber_.printsLine("Broker Listening on ");
  const auto subscription = subscriber_.printsLine("Registering subscription: ");
  if (!address || !subscription || !subscriber_.prints("Subscribed to news")) {
    throw std::runtime_error("no subscriber: " + subscriber_.report());
  }
  inboxAddress_ = *address;
  subscription_ = *subscription;
}

ServiceProcess& PeerPorts::greeter(const std::string& transport) {
  return transport == "http" ? http_ : evhttp_;
}

std::vector<PeerPort> PeerPorts::rpc() const {
  return {{"http", http_.address(), "POST", "/", kHelloCall, kHelloAnswer, false},
          {"evhttp", evhttp_.address(), "POST", "/", kHelloCall, kHelloAnswer, false}};
}

PeerPort PeerPorts::inbox() const {
  return {"inbox",
          inboxAddress_,
          "POST",
          "/_sub?id=" + subscription_,
          R"({"Header":{":topic":"news"},"Body":"eyJuIjoxfQ=="})",
          "",
          true};
}

PeerPort PeerPorts::agent() const {
  return {"agent", agent_.address(), "PUT", "/v1/agent/service/register", R"({"Name":"other"})", "",
          true};
}

std::vector<PeerPort> PeerPorts::all() const {
  std::vector<PeerPort> ports = rpc();
  ports.push_back(inbox());
  ports.push_back(agent());
  return ports;
}

}  // namespace evmicro::test
