// proto-rpc and json-rpc over HTTP/1.1, as go-micro's clients speak them.
#include <arpa/inet.h>
#include <strings.h>

#include <cstdint>
#include <cstdlib>
#include <stdexcept>

#include "bench/conversation.h"
#include "bench/varint.h"

namespace evmicro::bench {

namespace {

std::string post(const std::string& contentType, const std::string& body) {
  return "POST / HTTP/1.1\r\nHost: 127.0.0.1:9090\r\nUser-Agent: Go-http-client/1.1\r\n"
         "Content-Length: " +
         std::to_string(body.size()) + "\r\nContent-Type: " + contentType +
         "\r\nX-Micro-From-Service: greeter\r\n\r\n" + body;
}

std::string netstring(const std::string& bytes) {
  const std::uint32_t size = htonl(static_cast<std::uint32_t>(bytes.size()));
  return std::string(reinterpret_cast<const char*>(&size), 4) + bytes;
}

// {1: method, 2: seq}
std::string envelope(const std::string& method, std::uint64_t seq) {
  std::string bytes = "\x0a" + varint(method.size()) + method + "\x11";
  for (int shift = 0; shift < 64; shift += 8) bytes += static_cast<char>(seq >> shift);
  return bytes;
}

std::string protoRequest(const std::string& method, std::uint64_t seq, const std::string& payload) {
  return post("application/octet-stream", netstring(envelope(method, seq)) + netstring(payload));
}

// The body of a reply: the envelope has an error too, which is empty.
std::string protoReply(const std::string& method, std::uint64_t seq, const std::string& payload,
                       const std::string& error = "") {
  return netstring(envelope(method, seq) + "\x1a" + varint(error.size()) + error) +
         netstring(payload);
}

// The length of the head at the front of `input`, with the empty line; 0: not complete.
std::size_t headLength(std::string_view input) {
  const std::size_t end = input.find("\r\n\r\n");
  return end == std::string_view::npos ? 0 : end + 4;
}

// Compares the body of the first reply with `answer`; 0: not complete.
std::size_t takeReply(std::string_view input, std::string_view answer) {
  const std::size_t head = headLength(input);
  if (head == 0 || input.size() < head + answer.size()) return 0;
  if (input.substr(head, answer.size()) != answer) {
    throw std::runtime_error("wrong reply: " + std::string(input));
  }
  return head + answer.size();
}

// The same call over and over, one at a time.
class HttpCalls final : public Conversation {
 public:
  HttpCalls(const std::string& request, const std::string& answer)
      : request_(request), answer_(answer) {}

  void ask(std::size_t, std::string& out) override { out += request_; }
  std::size_t take(std::string_view input, std::vector<std::size_t>& over, std::string&) override {
    const std::size_t size = takeReply(input, answer_);
    // One call is in flight: more would be a second reply to it.
    if (size != 0 && size != input.size()) throw std::runtime_error("more bytes than one reply");
    if (size != 0) over.push_back(0);
    return size;
  }

 private:
  const std::string& request_;
  const std::string& answer_;
};

// One stream of replies: they are numbered, and the last of all has the error EOS.
class HttpStream final : public Conversation {
 public:
  explicit HttpStream(int count) : count_(count) {}

  void ask(std::size_t, std::string& out) override {
    next_ = 0;
    out += protoRequest(kMethod, 0, "") + protoRequest(kMethod, 1, numbered(count_));
  }

  std::size_t take(std::string_view input, std::vector<std::size_t>& over, std::string&) override {
    std::size_t used = 0;
    while (const std::size_t size = takeReply(input.substr(used), expected())) {
      used += size;
      if (next_++ == count_) over.push_back(0);
    }
    return used;
  }

 private:
  std::string expected() const {
    if (next_ == count_) return protoReply(kMethod, 0, "", "EOS");
    return protoReply(kMethod, 1, numbered(next_));
  }

  static constexpr const char* kMethod = "Example.Stream";
  const int count_;
  int next_ = 0;
};

class HttpPings final : public Conversation {
 public:
  void ask(std::size_t, std::string& out) override {
    if (stroke_++ == 0) out += protoRequest(kMethod, 0, "");
    out += protoRequest(kMethod, static_cast<std::uint64_t>(stroke_), numbered(stroke_));
  }
  std::size_t take(std::string_view input, std::vector<std::size_t>& over, std::string&) override {
    const std::size_t size = takeReply(
        input, protoReply(kMethod, static_cast<std::uint64_t>(stroke_), numbered(stroke_)));
    if (size != 0) over.push_back(0);
    return size;
  }

 private:
  static constexpr const char* kMethod = "Example.PingPong";
  int stroke_ = 0;
};

}  // namespace

std::unique_ptr<Conversation> protoCalls() {
  static const std::string request = protoRequest("Greeter.Hello", 0, "\x0a\x04John");
  static const std::string answer = protoReply("Greeter.Hello", 0, "\x12\x0aHello John");
  return std::make_unique<HttpCalls>(request, answer);
}

std::unique_ptr<Conversation> jsonCalls() {
  static const std::string request =
      post("application/json",
           "{\"method\":\"Greeter.Hello\",\"params\":[{\"name\":\"John\"}],\"id\":0}\n");
  static const std::string answer =
      "{\"id\":0,\"result\":{\"greeting\":\"Hello John\"},\"error\":null}\n";
  return std::make_unique<HttpCalls>(request, answer);
}

std::unique_ptr<Conversation> protoStream(int count) { return std::make_unique<HttpStream>(count); }
std::unique_ptr<Conversation> protoPings() { return std::make_unique<HttpPings>(); }

}  // namespace evmicro::bench
