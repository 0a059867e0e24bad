#include "net/accept_pacer.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/log.h"

namespace evmicro::detail {

namespace {

using std::chrono::milliseconds;

constexpr BackoffPolicy kPauses{milliseconds(5), milliseconds(1'000), 0};

}  // namespace

AcceptError classifyAcceptError(int error) noexcept {
  switch (error) {
    case EBADF:
    case EINVAL:
    case ENOTSOCK:
    case EFAULT: return AcceptError::kPermanent;
    case EAGAIN:
    case EINTR:
    // accept(2): errors that were already pending on the new connection are reported by accept().
    case ECONNABORTED:
    case ECONNRESET:
    case EPROTO:
    case EPERM:  // a firewall rule forbade it
    case ENETDOWN:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case EOPNOTSUPP:
    case ENETUNREACH:
    case ETIMEDOUT: return AcceptError::kIgnore;
    default: return AcceptError::kDefer;  // EMFILE, ENFILE, ENOBUFS, ENOMEM and the unknown
  }
}

AcceptPacer::AcceptPacer(EventLoop& loop, std::function<void()> resume)
    : backoff_(kPauses), timer_(loop, std::move(resume)) {}

AcceptPacer::Next AcceptPacer::accepted() noexcept {
  backoff_.reset();
  lostInRow_ = 0;
  return tried();
}

AcceptPacer::Next AcceptPacer::failed(int error) {
  switch (classifyAcceptError(error)) {
    case AcceptError::kPermanent: return Next::kStop;
    case AcceptError::kIgnore:
      if (++lostInRow_ < kPerTurn) return tried();
      break;
    case AcceptError::kDefer: break;
  }
  pause(error);
  return Next::kPause;
}

void AcceptPacer::pause(int error) {
  const milliseconds delay = backoff_.next();
  lostInRow_ = 0;
  ++pauses_;
  timer_.start(delay);
  const LogLevel level = log_.allow(EventLoop::now()) ? LogLevel::kWarn : LogLevel::kDebug;
  EVMICRO_LOG(
      "net", level,
      "Accept error: " << std::strerror(error) << "; retrying in " << delay.count() << "ms");
}

}  // namespace evmicro::detail
