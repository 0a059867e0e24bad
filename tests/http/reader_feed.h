#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http/reader.h"

namespace evmicro::test {

/// What a reader made of a byte stream: everything that a user of it can see.
struct Reading {
  std::vector<std::string> messages;
  int refused = 0;
  std::string reason;
  std::size_t left = 0;
  bool midMessage = false;

  friend bool operator==(const Reading& a, const Reading& b) {
    return a.messages == b.messages && a.refused == b.refused && a.reason == b.reason &&
           a.left == b.left && a.midMessage == b.midMessage;
  }
};

inline std::string describe(detail::HttpReader& reader) {
  const detail::HttpHead& head = reader.head();
  std::string text = head.method + " " + head.target + " " + std::to_string(head.status) + " 1." +
                     std::to_string(head.minorVersion) + (head.close ? " close" : "") + "\n";
  for (const auto entry : reader.message().headers) {
    text.append(entry.name).append("=").append(entry.value).append("\n");
  }
  return text + "\n" + reader.message().body.toString();
}

class Feed {
 public:
  explicit Feed(detail::HttpRole role, detail::HttpReader::Limits limits = {})
      : reader_(role, limits) {}

  void add(std::string_view bytes) {
    input_.append(bytes);
    note(reader_.read(input_));
  }
  void close() { note(reader_.finish(input_)); }

  Reading result() const {
    Reading reading = reading_;
    reading.refused = reader_.refusal().status;
    reading.reason = reader_.refusal().reason;
    if (reading.refused == 0) {
      reading.left = input_.size();
      reading.midMessage = reader_.midMessage(input_.size());
    }
    return reading;
  }
  detail::HttpReader& reader() { return reader_; }
  Buffer& input() { return input_; }

 private:
  void note(detail::HttpReader::Progress progress) {
    while (progress == detail::HttpReader::Progress::kMessage) {
      reading_.messages.push_back(describe(reader_));
      progress = reader_.read(input_);
    }
  }

  detail::HttpReader reader_;
  Buffer input_;
  Reading reading_;
};

inline Reading readWhole(detail::HttpRole role, std::string_view bytes,
                         detail::HttpReader::Limits limits = {}) {
  Feed feed(role, limits);
  feed.add(bytes);
  return feed.result();
}

inline Reading readAndClose(detail::HttpRole role, std::string_view bytes,
                            detail::HttpReader::Limits limits = {}) {
  Feed feed(role, limits);
  feed.add(bytes);
  feed.close();
  return feed.result();
}

inline std::string post(std::string_view headers, std::string_view rest = {}) {
  return "POST / HTTP/1.1\r\nHost: h\r\n" + std::string(headers) + "\r\n" + std::string(rest);
}

inline const std::string kGoRequest =
    "POST / HTTP/1.1\r\nHost: 127.0.0.1:9090\r\nUser-Agent: Go-http-client/1.1\r\n"
    "Content-Length: 11\r\nContent-Type: application/octet-stream\r\n"
    "X-Micro-From-Service: greeter\r\n\r\nhello world";
inline const std::string kChunkedRequest =
    "PUT /a?b=c HTTP/1.1\nhost: h\ntransfer-encoding: Chunked\n\n"
    "5\r\nhello\r\n006;name=\"v\"\r\n world\r\n0\r\nTrailer-One: 1\r\nContent-Length: 9\r\n\r\n";
inline const std::string kGoReply =
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Type: application/json\r\n\r\n{\"a\"}";

}  // namespace evmicro::test
