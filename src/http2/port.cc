#include "http2/port.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "http2/accepted_socket.h"
#include "http2/session.h"

namespace evmicro::detail {

namespace {

class Port final : public Http2Port,
                   private Http2Session::Observer,
                   private Http2AcceptedSocket::Observer {
 public:
  Port(std::shared_ptr<HttpSocketShared> shared, Listener::Observer& observer)
      : shared_(std::move(shared)), observer_(observer) {}
  ~Port() override {
    for (const auto& session : std::exchange(sessions_, {})) {
      session->leave();
      session->finish();
    }
  }

  void takeHttp2(std::unique_ptr<ByteStream> stream, std::string_view bytes,
                 std::unique_ptr<PeerLimit::Ticket> ticket) override {
    Http2Session::Observer& observer = *this;
    const auto session =
        Http2Session::make(shared_, std::move(stream), Http2Session::Role::kAccepted, observer);
    session->admit(std::move(ticket));
    sessions_.push_back(session);
    session->onBytes(bytes);  // may destroy this object
  }

  void announceEnd() override {
    for (const auto& session : sessions_) session->announceEnd();
  }
  std::size_t connections() const noexcept override { return sessions_.size(); }
  std::size_t awaited() const noexcept override {
    std::size_t all = 0;
    for (const auto& session : sessions_) all += session->awaited();
    return all;
  }

 private:
  Http2Stream* onStream(Http2Session& session, std::int32_t id) override {
    Http2AcceptedSocket::Observer& observer = *this;
    return Http2AcceptedSocket::open(session, id, observer);
  }
  void onSessionOver(Http2Session& session) override {
    const auto found = std::find_if(sessions_.begin(), sessions_.end(),
                                    [&session](const auto& one) { return one.get() == &session; });
    if (found == sessions_.end()) return;
    shared_->loop.deleteLater(std::move(*found));
    sessions_.erase(found);
  }
  void onAccept(std::unique_ptr<Socket> socket) override { observer_.onAccept(std::move(socket)); }
  Page onPage(std::string_view path) override { return observer_.onPage(path); }
  GrpcPaths& paths() noexcept override { return paths_; }

  const std::shared_ptr<HttpSocketShared> shared_;  // the listener's and its sockets'
  Listener::Observer& observer_;
  GrpcPaths paths_;
  std::vector<std::shared_ptr<Http2Session>> sessions_;  // and their streams'
};

}  // namespace

bool haveHttp2() noexcept { return true; }

std::unique_ptr<Http2Port> makeHttp2Port(std::shared_ptr<HttpSocketShared> shared,
                                         Listener::Observer& observer) {
  return std::make_unique<Port>(std::move(shared), observer);
}

}  // namespace evmicro::detail
