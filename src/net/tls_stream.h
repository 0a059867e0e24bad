#pragma once

#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "net/byte_stream.h"
#include "net/tls.h"
#include "net/tls_bio.h"
#include "net/tls_side.h"

namespace evmicro::detail {

/// TLS on another byte stream, the carrier.
///
/// What comes is decrypted at once, also when reading has been stopped meanwhile, and what is
/// written is encrypted at once: no ciphertext waits for OpenSSL, and what the peer does not take
/// is queued by the carrier.
class TlsStream final : public ByteStream, private ByteStream::Observer {
 public:
  /// An accepted connection. OpenSSL has no part in it until a whole ClientHello is there.
  TlsStream(std::shared_ptr<TlsAcceptingSide> side, std::unique_ptr<ByteStream> carrier);
  /// One that is being dialled.
  TlsStream(std::shared_ptr<TlsSide> side, std::unique_ptr<ByteStream> carrier, TlsPeerName peer);
  /// Says that it ends, when all that was written is out.
  ~TlsStream() override;

  void observe(ByteStream::Observer& observer) noexcept override { observer_ = &observer; }
  bool connected() const noexcept override;
  std::size_t queued() const noexcept override { return waiting_.size() + carrier_->queued(); }
  std::size_t untaken() const noexcept override { return waiting_.size() + carrier_->untaken(); }
  std::size_t unread() const noexcept override { return hello_.size(); }
  void write(std::string_view head, Buffer& body) override;
  void setLowWater(std::size_t bytes) noexcept override { carrier_->setLowWater(bytes); }
  void stopReading() override;
  void startReading() override;
  void wake() override { carrier_->wake(); }
  bool quiet() const noexcept override { return state_ != State::kReady && carrier_->quiet(); }
  bool truncated() const noexcept override { return truncated_; }
  void shutdownWrite() override;
  void reset() override;
  std::string peerAddress() const override { return carrier_->peerAddress(); }
  std::string localAddress() const override { return carrier_->localAddress(); }
  bool secure() const noexcept override { return true; }
  std::shared_ptr<const PeerCertificate> peerCertificate() const override;

  // --- for its TlsSide

  /// Goes on with the ClientHello that came. May call the observer.
  void beginHandshake();
  /// Ends an unfinished handshake; calls the observer.
  void giveWay();
  /// Of a dialled connection.
  const TlsPeerName& peer() const noexcept { return *peer_; }
  SSL* ssl() const noexcept { return ssl_.get(); }
  /// Where the side has noted it.
  struct Place {
    using List = std::list<TlsStream*>;
    List* list;
    List::iterator entry;
  };
  std::optional<Place> place;

 private:
  enum class State {
    kIdle,       ///< accepted: no whole ClientHello; dialled: no connection yet
    kReady,      ///< the ClientHello waits for its turn
    kHandshake,  ///< under way
    kOpen,
    kPlain,   ///< the peer does not speak TLS: what is written goes out as it is
    kFailed,  ///< what is written is dropped, what comes is discarded
  };

  void onConnected() override;
  void onBytes(std::string_view bytes) override;
  void onWoken() override;
  void onDrained() override;
  void onEof() override;
  void onError(Status why) override;

  bool accepted() const noexcept { return !peer_; }
  void hello(std::string_view bytes);
  void keepHello(std::string_view bytes);
  void keepBehindHello(std::string_view bytes);
  void makeSsl();
  void take(std::string_view bytes);
  void shakeHands();
  bool opened();
  void readAll();
  int readSome();
  void encrypt(std::string_view head, Buffer& body);
  bool encryptBlock(std::string_view block);
  void flush();
  void fail(int error);
  void failHandshake(Status why);
  void breakLater(Status why);
  void endCarrier();

  const std::shared_ptr<TlsSide> side_;            // with its other streams
  TlsAcceptingSide* const acceptor_;               // the same, when accepted
  const std::unique_ptr<const TlsPeerName> peer_;  // null when accepted
  const std::unique_ptr<ByteStream> carrier_;
  ByteStream::Observer* observer_ = nullptr;
  State state_ = State::kIdle;
  TlsPipe pipe_;
  SslHandle ssl_;                   // null until the handshake begins
  Buffer waiting_;                  // written before the handshake was finished
  std::string hello_;               // what has come of the ClientHello
  std::unique_ptr<Status> broken_;  // to be reported in a later turn
  bool* destroyed_ = nullptr;       // set while a callback runs that may destroy this
  bool wantsReading_ = true;
  bool held_ = false;      // waits for its turn, and does not read meanwhile
  bool received_ = false;  // something was decrypted
  bool sawEof_ = false;    // and has reported it
  bool truncated_ = false;
  bool peerGone_ = false;     // it ended without close_notify, and nothing was written since
  bool sentEnd_ = false;      // close_notify, or what stands for it
  bool carrierEnds_ = false;  // its sending side ends once its queue is empty
};

}  // namespace evmicro::detail
