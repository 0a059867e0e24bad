// gRPC over HTTP/2, in the cheapest way that the protocol allows a client: as gRPC's own does, each
// header is spelled out once per connection and is one byte from then on (RFC 7541), and windows
// are as large as can be. gRPC's client itself would need more time for a call than its server, and
// what the server can do would not show.
#include <algorithm>
#include <cstdint>
#include <stdexcept>

#include "bench/conversation.h"
#include "bench/varint.h"

namespace evmicro::bench {

namespace {

enum FrameType : std::uint8_t {
  kData = 0,
  kHeaders = 1,
  kReset = 3,
  kSettings = 4,
  kPing = 6,
  kGoAway = 7,
  kWindowUpdate = 8
};
enum FrameFlag : std::uint8_t { kEndStream = 1, kAck = 1, kEndHeaders = 4 };

constexpr std::size_t kFrameHead = 9;
constexpr std::uint32_t kLargestWindow = 0x7fffffff;

std::string bigEndian(std::uint32_t value) {
  return {static_cast<char>(value >> 24), static_cast<char>(value >> 16),
          static_cast<char>(value >> 8), static_cast<char>(value)};
}

std::uint32_t readBigEndian(std::string_view bytes) {
  std::uint32_t value = 0;
  for (const char byte : bytes) value = value << 8 | static_cast<unsigned char>(byte);
  return value;
}

void appendFrame(FrameType type, int flags, std::uint32_t stream, std::string_view payload,
                 std::string& out) {
  out += bigEndian(static_cast<std::uint32_t>(payload.size())).substr(1);
  out += static_cast<char>(type);
  out += static_cast<char>(flags);
  out += bigEndian(stream);
  out += payload;
}

// A message as gRPC frames it: not compressed, its length.
std::string grpcMessage(const std::string& message) {
  return std::string(1, '\0') + bigEndian(static_cast<std::uint32_t>(message.size())) + message;
}

// The headers of a call, spelled out: each gets a number in the table of the connection.
std::string spelledHeaders(const std::string& path) {
  const auto text = [](const std::string& value) {
    return static_cast<char>(value.size()) + value;  // shorter than 127: the length is one byte
  };
  return "\x83\x86"  // :method POST, :scheme http
         "\x44" +
         text(path) +                                                      // 67
         "\x41" + text("127.0.0.1:9090") +                                 // 66, :authority
         "\x5f" + text("application/grpc") +                               // 65, content-type
         "\x40" + text("te") + text("trailers") +                          // 64
         "\x7a" + text("grpc-c++/1.51.1 grpc-c/29.0.0 (linux; chttp2)") +  // 63, user-agent
         "\x40" + text("grpc-accept-encoding") + text("identity, deflate, gzip");  // 62
}

// The same by the numbers that they got.
constexpr std::string_view kNumberedHeaders = "\x83\x86\xc3\xc2\xc1\xc0\xbf\xbe";

// What every conversation by HTTP/2 has: frames, streams in slots, windows, and good manners.
class Http2 : public Conversation {
 public:
  explicit Http2(std::string path) : path_(std::move(path)) {}

  std::size_t take(std::string_view input, std::vector<std::size_t>& over, std::string& out) final {
    std::size_t used = 0;
    while (input.size() - used >= kFrameHead) {
      const std::string_view rest = input.substr(used);
      const std::size_t size = readBigEndian(rest.substr(0, 3));
      if (rest.size() < kFrameHead + size) break;
      used += kFrameHead + size;
      onFrame(static_cast<std::uint8_t>(rest[3]), static_cast<std::uint8_t>(rest[4]),
              readBigEndian(rest.substr(5, 4)), rest.substr(kFrameHead, size), over, out);
    }
    return used;
  }

 protected:
  void open(std::size_t slot, std::string& out) {
    if (next_ == 1) {
      out += "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
      // INITIAL_WINDOW_SIZE of streams, and the window of the connection, which starts with 65,535.
      appendFrame(kSettings, 0, 0, std::string("\0\4", 2) + bigEndian(kLargestWindow), out);
      appendFrame(kWindowUpdate, 0, 0, bigEndian(kLargestWindow - 65'535), out);
      appendFrame(kHeaders, kEndHeaders, next_, spelledHeaders(path_), out);
    } else {
      appendFrame(kHeaders, kEndHeaders, next_, kNumberedHeaders, out);
    }
    if (streams_.size() <= slot) streams_.resize(slot + 1);
    streams_[slot] = next_;
    next_ += 2;
  }

  void send(std::size_t slot, const std::string& message, int flags, std::string& out) {
    if (window_ < message.size()) throw std::runtime_error("the server's window is closed");
    window_ -= message.size();
    appendFrame(kData, flags, streams_[slot], message, out);
  }

  virtual void onData(std::size_t slot, std::string_view data, std::vector<std::size_t>& over) = 0;
  virtual void onEnd(std::size_t slot, std::vector<std::size_t>& over) = 0;

 private:
  void onFrame(std::uint8_t type, std::uint8_t flags, std::uint32_t stream,
               std::string_view payload, std::vector<std::size_t>& over, std::string& out) {
    if (type == kSettings && !(flags & kAck)) appendFrame(kSettings, kAck, 0, "", out);
    if (type == kPing && !(flags & kAck)) appendFrame(kPing, kAck, 0, payload, out);
    if (type == kWindowUpdate && stream == 0) window_ += readBigEndian(payload);
    if (type == kReset || type == kGoAway) throw std::runtime_error("the server has broken off");
    if (type != kData && type != kHeaders) return;
    const auto at = std::find(streams_.begin(), streams_.end(), stream);
    if (at == streams_.end()) throw std::runtime_error("a reply to nothing");
    const auto slot = static_cast<std::size_t>(at - streams_.begin());
    if (type == kData) onData(slot, payload, over);
    if (!(flags & kEndStream)) return;
    *at = 0;
    onEnd(slot, over);
  }

  const std::string path_;
  std::vector<std::uint32_t> streams_;  // by slot; 0: over
  std::uint32_t next_ = 1;
  std::size_t window_ = 65'535;
};

class GrpcCalls final : public Http2 {
 public:
  GrpcCalls() : Http2("/Greeter/Hello") {}

  void ask(std::size_t slot, std::string& out) override {
    if (answered_.size() <= slot) answered_.resize(slot + 1);
    answered_[slot] = false;
    open(slot, out);
    send(slot, kRequest, kEndStream, out);
  }

 private:
  void onData(std::size_t slot, std::string_view data, std::vector<std::size_t>&) override {
    if (data != kAnswer || answered_[slot]) throw std::runtime_error("wrong reply of gRPC");
    answered_[slot] = true;
  }
  void onEnd(std::size_t slot, std::vector<std::size_t>& over) override {
    if (!answered_[slot]) throw std::runtime_error("gRPC has answered with an error");
    over.push_back(slot);
  }

  const std::string kRequest = grpcMessage("\x0a\x04John");
  const std::string kAnswer = grpcMessage("\x12\x0aHello John");
  std::vector<bool> answered_;
};

// Messages come in frames of any size: what has come is compared message by message.
class Messages {
 public:
  template <typename Expected>
  int take(std::string_view data, const Expected& expected) {
    waiting_ += data;
    int taken = 0;
    std::size_t used = 0;
    for (std::string next; waiting_.size() > used; used += next.size(), ++taken) {
      next = grpcMessage(expected(taken));
      if (waiting_.size() - used < next.size()) break;
      if (waiting_.compare(used, next.size(), next) != 0) throw std::runtime_error("wrong message");
    }
    waiting_.erase(0, used);
    return taken;
  }

 private:
  std::string waiting_;
};

class GrpcStream final : public Http2 {
 public:
  explicit GrpcStream(int count) : Http2("/go.micro.srv.example.Example/Stream"), count_(count) {}

  void ask(std::size_t slot, std::string& out) override {
    if (streams_.size() <= slot) streams_.resize(slot + 1);
    streams_[slot].came = 0;
    open(slot, out);
    send(slot, grpcMessage(numbered(count_)), kEndStream, out);
  }

 private:
  struct Stream {
    int came = 0;
    Messages messages;
  };

  void onData(std::size_t slot, std::string_view data, std::vector<std::size_t>&) override {
    Stream& stream = streams_[slot];
    stream.came += stream.messages.take(data, [&](int i) { return numbered(stream.came + i); });
  }
  void onEnd(std::size_t slot, std::vector<std::size_t>& over) override {
    if (streams_[slot].came != count_) throw std::runtime_error("a stream ended too early");
    over.push_back(slot);
  }

  const int count_;
  std::vector<Stream> streams_;
};

class GrpcPings final : public Http2 {
 public:
  GrpcPings() : Http2("/go.micro.srv.example.Example/PingPong") {}

  void ask(std::size_t slot, std::string& out) override {
    if (streams_.size() <= slot) streams_.resize(slot + 1);
    if (streams_[slot].stroke++ == 0) open(slot, out);
    send(slot, grpcMessage(numbered(streams_[slot].stroke)), 0, out);
  }

 private:
  struct Stream {
    int stroke = 0;
    Messages messages;
  };

  void onData(std::size_t slot, std::string_view data, std::vector<std::size_t>& over) override {
    Stream& stream = streams_[slot];
    const int pongs = stream.messages.take(data, [&](int) { return numbered(stream.stroke); });
    if (pongs > 1) throw std::runtime_error("more than one pong");
    if (pongs == 1) over.push_back(slot);
  }
  void onEnd(std::size_t, std::vector<std::size_t>&) override {
    throw std::runtime_error("a stream ended too early");
  }

  std::vector<Stream> streams_;
};

}  // namespace

std::unique_ptr<Conversation> grpcCalls() { return std::make_unique<GrpcCalls>(); }
std::unique_ptr<Conversation> grpcStream(int count) { return std::make_unique<GrpcStream>(count); }
std::unique_ptr<Conversation> grpcPings() { return std::make_unique<GrpcPings>(); }

}  // namespace evmicro::bench
