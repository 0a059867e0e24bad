// What callers of gateways say: JSON by HTTP, and WebSockets.
#include <stdexcept>

#include "bench/bare.h"
#include "bench/conversation.h"

namespace evmicro::bench {

namespace {

class Greetings final : public Conversation {
 public:
  void ask(std::size_t, std::string& out) override {
    out +=
        "POST /greeter/hello HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nUser-Agent: bench\r\n"
        "Accept: application/json\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n"
        "{\"name\":\"John\"}";
  }
  std::size_t take(std::string_view input, std::vector<std::size_t>& over, std::string&) override {
    std::string_view body;
    const std::size_t used = splitMessage(input, body);
    if (used == 0) return 0;
    if (body != "{\"greeting\":\"Hello John\"}" || input.substr(9, 3) != "200") {
      throw std::runtime_error("wrong reply: " + std::string(input));
    }
    over.push_back(0);
    return used;
  }
};

class Sockets final : public Conversation {
 public:
  void ask(std::size_t, std::string& out) override {
    out +=
        "GET /greeter HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nConnection: Upgrade\r\n"
        "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
  }
  std::size_t take(std::string_view input, std::vector<std::size_t>& over, std::string&) override {
    const std::size_t end = input.find("\r\n\r\n");
    if (end == std::string_view::npos) return 0;
    if (input.substr(9, 3) != "101") throw std::runtime_error("refused: " + std::string(input));
    over.push_back(0);
    return end + 4;
  }
};

}  // namespace

std::unique_ptr<Conversation> greetings() { return std::make_unique<Greetings>(); }
std::unique_ptr<Conversation> webSockets() { return std::make_unique<Sockets>(); }

}  // namespace evmicro::bench
