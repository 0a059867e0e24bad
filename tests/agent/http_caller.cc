#include "agent/http_caller.h"

#include <stdexcept>

namespace evmicro::test {

using detail::HttpReader;

HttpCaller::HttpCaller(EventLoop& loop, const std::string& address)
    : loop_(loop),
      address_(address),
      peer_(std::make_unique<RawPeer>(loop, address)),
      reader_(HttpReader::Role::kReplies, {}) {}

void HttpCaller::send(const std::string& method, const std::string& target,
                      const std::string& body) {
  std::string request = method + " " + target + " HTTP/1.1\r\nHost: " + address_ + "\r\n";
  if (!body.empty() || method == "PUT") {
    request += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  }
  peer_->send(request + "\r\n" + body);
}

std::optional<RegistryAnswer> HttpCaller::answer() {
  input_.append(peer_->received());
  peer_->forget();
  HttpReader::Progress progress = reader_.read(input_);
  if (progress == HttpReader::Progress::kNeedMore && peer_->ended()) {
    progress = reader_.finish(input_);  // a body that lasts until the end
  }
  if (progress != HttpReader::Progress::kMessage) return std::nullopt;
  RegistryAnswer answer;
  answer.status = reader_.head().status;
  answer.headers = reader_.message().headers;
  answer.body = reader_.message().body.toString();
  reader_.message().headers.clear();
  reader_.message().body.clear();
  return answer;
}

RegistryAnswer HttpCaller::wait() {
  std::optional<RegistryAnswer> got;
  const auto done = [&] { return (got = answer()).has_value() || peer_->ended(); };
  if (!runUntil(loop_, done) || !got) throw std::runtime_error("no answer from " + address_);
  return std::move(*got);
}

}  // namespace evmicro::test
