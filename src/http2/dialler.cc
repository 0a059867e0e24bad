#include "http2/dialler.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "http2/dialled_socket.h"
#include "http2/session.h"
#include "transport/http_dialler.h"

namespace evmicro::detail {

namespace {

class Dialler final : public Http2Dialler, private Http2Session::Observer {
 public:
  explicit Dialler(EventLoop& loop) : loop_(loop), dialler_(loop, TlsAlpn::kHttp2) {}
  ~Dialler() override {
    for (const Entry& entry : entries_) entry.session->leave();
  }

  Result<std::unique_ptr<Socket>> dial(std::string_view address,
                                       const DialOptions& options) override {
    auto session = sessionTo(address, options);
    if (!session.ok()) return std::move(session).status();
    return std::unique_ptr<Socket>(
        std::make_unique<Http2DialledSocket>(std::move(*session), address));
  }
  Status reloadTls() override { return dialler_.reloadTls(); }

 private:
  struct Entry {
    std::string address;
    DialOptions options;
    std::shared_ptr<Http2Session> session;
  };

  Result<std::shared_ptr<Http2Session>> sessionTo(std::string_view address,
                                                  const DialOptions& options) {
    for (const Entry& entry : entries_) {
      const DialOptions& own = entry.options;
      const bool same = entry.address == address && haveSameLimits(own, options) &&
                        own.tls == options.tls && (!own.tls || own.tlsNode == options.tlsNode);
      if (same && entry.session->takesRequests()) return entry.session;
    }
    auto stream = dialler_.dialStream(address, options);
    if (!stream.ok()) return std::move(stream).status();
    Http2Session::Observer& observer = *this;
    auto session =
        Http2Session::make(dialler_.sharedFor(options), std::move(*stream),
                           Http2Session::Role::kDialled, observer, options.connectTimeout);
    entries_.push_back({std::string(address), options, session});
    return session;
  }

  Http2Stream* onStream(Http2Session&, std::int32_t) override { return nullptr; }
  void onSessionOver(Http2Session& session) override {
    const auto found =
        std::find_if(entries_.begin(), entries_.end(),
                     [&session](const Entry& entry) { return entry.session.get() == &session; });
    if (found == entries_.end()) return;
    loop_.deleteLater(std::move(found->session));
    entries_.erase(found);
  }

  EventLoop& loop_;
  HttpDialler dialler_;
  std::vector<Entry> entries_;
};

}  // namespace

std::unique_ptr<Http2Dialler> makeHttp2Dialler(EventLoop& loop) {
  return std::make_unique<Dialler>(loop);
}

}  // namespace evmicro::detail
