#include "transport/http_dialler.h"

#include "http/socket.h"
#include "net/dial_address.h"
#include "net/tcp_stream.h"

namespace evmicro::detail {

HttpDialler::HttpDialler(EventLoop& loop) : loop_(loop), resolver_(loop) {}

Result<std::unique_ptr<HttpSocket>> HttpDialler::dial(std::string_view address,
                                                      const DialOptions& options,
                                                      std::string target) {
  auto parsed = parseDialAddress(address);
  if (!parsed.ok()) return parsed.status();
  auto stream = std::make_unique<TcpStream>(loop_, resolver_, parsed->host, parsed->port);
  return std::make_unique<HttpSocket>(
      sharedFor(options), std::move(stream),
      HttpSocket::Destination{std::string(address), std::move(target), options.connectTimeout});
}

const std::shared_ptr<HttpSocketShared>& HttpDialler::sharedFor(const DialOptions& options) {
  const bool same = shared_ && options.maxBodyBytes == options_.maxBodyBytes &&
                    options.maxHeaderBytes == options_.maxHeaderBytes &&
                    options.highWaterBytes == options_.highWaterBytes;
  if (!same) {
    options_ = options;
    shared_ = std::make_shared<HttpSocketShared>(loop_, options);
  }
  return shared_;
}

}  // namespace evmicro::detail
