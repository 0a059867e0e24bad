// A conversation inside TLS.
#include <array>
#include <new>
#include <stdexcept>
#include <utility>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <unistd.h>

#include "bench/tls.h"
#include "net/tls_handles.h"
#include "support/certificates.h"

namespace evmicro::bench {

namespace {

using detail::SslContext;
using detail::SslHandle;
using detail::SslSession;

enum class Sessions { kNew, kResumed };

[[noreturn]] void fail(const char* what) {
  const char* const reason = ERR_reason_error_string(ERR_get_error());
  throw std::runtime_error(std::string("TLS: ") + what + ": " + (reason ? reason : "failed"));
}

// A client with its sessions. Each is good for one connection.
class Client {
 public:
  Client(Sessions sessions, const std::string& protocol)
      : context_(SSL_CTX_new(TLS_client_method())) {
    SSL_CTX* const context = context_.get();
    if (!context || SSL_CTX_load_verify_file(context, tlsFiles().authority.c_str()) != 1) {
      fail("client");
    }
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    const std::string offered = static_cast<char>(protocol.size()) + protocol;
    SSL_CTX_set_alpn_protos(context, reinterpret_cast<const unsigned char*>(offered.data()),
                            static_cast<unsigned>(offered.size()));
    if (sessions == Sessions::kNew) return;
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_set_app_data(context, this);
    SSL_CTX_sess_set_new_cb(context, [](SSL* ssl, SSL_SESSION* session) {
      static_cast<Client*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)))
          ->sessions_.emplace_back(session);
      return 1;
    });
  }

  /// `resumes`: whether a session is offered.
  SslHandle connect(bool& resumes) {
    SslHandle ssl(SSL_new(context_.get()));
    if (!ssl) throw std::bad_alloc();
    SSL_set_connect_state(ssl.get());
    resumes = !sessions_.empty();
    if (!resumes) return ssl;
    SSL_set_session(ssl.get(), sessions_.back().get());
    sessions_.pop_back();
    return ssl;
  }

 private:
  SslContext context_;
  std::vector<SslSession> sessions_;
};

class TlsConversation final : public Conversation {
 public:
  TlsConversation(Client& client, std::unique_ptr<Conversation> inner)
      : inner_(std::move(inner)), ssl_(client.connect(resumes_)) {
    BIO* const in = BIO_new(BIO_s_mem());
    BIO* const out = BIO_new(BIO_s_mem());
    if (!in || !out) throw std::bad_alloc();
    SSL_set_bio(ssl_.get(), in, out);
  }
  ~TlsConversation() override {
    // Else OpenSSL takes its session for a broken one.
    SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  }

  void ask(std::size_t slot, std::string& out) override {
    inner_->ask(slot, plain_);
    send(out);
  }

  std::size_t take(std::string_view input, std::vector<std::size_t>& over,
                   std::string& out) override {
    BIO_write(SSL_get_rbio(ssl_.get()), input.data(), static_cast<int>(input.size()));
    receive();
    received_.erase(0, inner_->take(received_, over, plain_));
    send(out);
    return input.size();
  }

 private:
  // Without a finished handshake nothing is sent but its own messages.
  void send(std::string& out) {
    ERR_clear_error();
    const int done = SSL_do_handshake(ssl_.get());
    if (done != 1 && SSL_get_error(ssl_.get(), done) != SSL_ERROR_WANT_READ) fail("handshake");
    if (done == 1 && resumes_ && !SSL_session_reused(ssl_.get())) fail("not resumed");
    if (done == 1 && !plain_.empty()) {
      std::size_t written = 0;
      if (SSL_write_ex(ssl_.get(), plain_.data(), plain_.size(), &written) != 1) fail("write");
      plain_.clear();
    }
    std::array<char, 16'384> block;
    BIO* const bio = SSL_get_wbio(ssl_.get());
    for (int size = 0; (size = BIO_read(bio, block.data(), static_cast<int>(block.size()))) > 0;) {
      out.append(block.data(), static_cast<std::size_t>(size));
    }
  }

  void receive() {
    std::array<char, 16'384> block;
    for (;;) {
      std::size_t size = 0;
      ERR_clear_error();
      const int result = SSL_read_ex(ssl_.get(), block.data(), block.size(), &size);
      if (result == 1) {
        received_.append(block.data(), size);
        continue;
      }
      if (SSL_get_error(ssl_.get(), result) != SSL_ERROR_WANT_READ) fail("read");
      return;
    }
  }

  const std::unique_ptr<Conversation> inner_;
  bool resumes_ = false;
  const SslHandle ssl_;
  std::string plain_;  // to be encrypted
  std::string received_;
};

struct MadeFiles {
  test::CertificateFolder folder;
  test::Authority authority{folder, "bench"};
  test::Identity server = authority.issue({});
  TlsFiles files{server.certificate, server.key, authority.file()};
};

}  // namespace

const TlsFiles& tlsFiles() {
  static const MadeFiles made;
  return made.files;
}

std::unique_ptr<Conversation> protoTlsCalls() {
  static Client client(Sessions::kNew, "http/1.1");
  return std::make_unique<TlsConversation>(client, protoCalls());
}

MakeConversation resumedProtoTlsCalls() {
  const auto client = std::make_shared<Client>(Sessions::kResumed, "http/1.1");
  return [client] { return std::make_unique<TlsConversation>(*client, protoCalls()); };
}

std::unique_ptr<Conversation> grpcTlsCalls() {
  static Client client(Sessions::kNew, "h2");
  return std::make_unique<TlsConversation>(client, grpcCalls());
}

}  // namespace evmicro::bench
