// The floor of TLS: the epoll responder with OpenSSL, whose BIO reads what recv has put on the
// stack and appends to a string that all connections share.
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <string>
#include <unordered_map>

#include "bench/bare.h"
#include "bench/responders.h"
#include "bench/tls.h"
#include "net/tls_bio.h"

namespace evmicro::bench {

namespace {

using detail::SslContext;
using detail::SslHandle;

SslContext makeContext() {
  SslContext made(SSL_CTX_new(TLS_server_method()));
  SSL_CTX* const context = made.get();
  if (!context ||
      SSL_CTX_use_certificate_chain_file(context, tlsFiles().certificate.c_str()) != 1 ||
      SSL_CTX_use_PrivateKey_file(context, tlsFiles().key.c_str(), SSL_FILETYPE_PEM) != 1) {
    throw std::runtime_error("cannot use the certificate");
  }
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_num_tickets(context, 1);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  return made;
}

struct Peer {
  SslHandle ssl;
  std::string input;
};

class Server {
 public:
  explicit Server(int listener) : listener_(listener) { watch(listener); }

  [[noreturn]] void run() {
    std::array<epoll_event, 256> events;
    for (;;) {
      const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
      for (int i = 0; i < count; ++i) {
        const int fd = events[static_cast<std::size_t>(i)].data.fd;
        if (fd == listener_) {
          acceptAll();
        } else if (!serveOnce(fd, peers_[fd])) {
          peers_.erase(fd);
          ::close(fd);
        }
      }
    }
  }

 private:
  void watch(int fd) const {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
  }

  void acceptAll() {
    for (;;) {
      const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd < 0) return;
      noDelay(fd);
      watch(fd);
    }
  }

  // False: the connection is over.
  bool serveOnce(int fd, Peer& peer) {
    std::array<char, 16'384> block;
    const ssize_t size = ::read(fd, block.data(), block.size());
    if (size < 0 && errno == EAGAIN) return true;
    if (size <= 0) return false;
    if (!peer.ssl) {
      peer.ssl.reset(SSL_new(context_.get()));
      BIO* const bio = detail::newTlsBio(pipe_);
      SSL_set_bio(peer.ssl.get(), bio, bio);
      SSL_set_accept_state(peer.ssl.get());
    }
    pipe_.input = {block.data(), static_cast<std::size_t>(size)};
    if (!decrypt(peer)) return false;
    std::size_t used = 0;
    reply_.clear();
    while (const std::size_t one =
               answerRequest(std::string_view(peer.input).substr(used), reply_)) {
      used += one;
    }
    peer.input.erase(0, used);
    return encryptReply(peer) && flush(fd);
  }

  bool decrypt(Peer& peer) {
    std::array<char, 16'384> block;
    for (;;) {
      std::size_t size = 0;
      ERR_clear_error();
      const int result = SSL_read_ex(peer.ssl.get(), block.data(), block.size(), &size);
      if (result != 1) return SSL_get_error(peer.ssl.get(), result) == SSL_ERROR_WANT_READ;
      peer.input.append(block.data(), size);
      if (pipe_.input.empty() && SSL_pending(peer.ssl.get()) == 0) return true;
    }
  }

  bool encryptReply(Peer& peer) {
    if (reply_.empty()) return true;
    std::size_t written = 0;
    ERR_clear_error();
    return SSL_write_ex(peer.ssl.get(), reply_.data(), reply_.size(), &written) == 1;
  }

  // Replies and handshakes are smaller than any socket's buffer: they go at once.
  bool flush(int fd) {
    const auto whole = static_cast<ssize_t>(pipe_.output.size());
    const bool sent = whole == 0 || ::write(fd, pipe_.output.data(), pipe_.output.size()) == whole;
    pipe_.output.clear();
    return sent;
  }

  const int listener_;
  const int epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  const SslContext context_ = makeContext();
  detail::TlsPipe pipe_;
  std::string reply_;
  std::unordered_map<int, Peer> peers_;
};

}  // namespace

void serveByEpollTls(const Listening& listening) {
  int port = 0;
  Server server(listenSomewhere(port));
  listening(port);
  server.run();
}

}  // namespace evmicro::bench
