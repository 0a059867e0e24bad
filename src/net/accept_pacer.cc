#include "net/accept_pacer.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/log.h"

namespace evmicro::detail {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds kFirstDelay{5};
constexpr milliseconds kLongestDelay{1'000};

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

milliseconds AcceptBackoff::next() noexcept {
  delay_ = delay_ == milliseconds(0) ? kFirstDelay : std::min(2 * delay_, kLongestDelay);
  return delay_;
}

bool AcceptLogLimit::allow(Clock::time_point now) noexcept {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now - filled_).count();
  if (seconds > 0) {
    left_ = static_cast<int>(std::min<std::int64_t>(kMost, left_ + seconds));
    filled_ = now;
  }
  if (left_ == 0) return false;
  --left_;
  return true;
}

AcceptPacer::AcceptPacer(EventLoop& loop, std::function<void()> resume)
    : timer_(loop, std::move(resume)) {}

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
  // Connections that are accepted in between reset the delay: up to 200 lines a second.
  const LogLevel level = log_.allow(EventLoop::now()) ? LogLevel::kWarn : LogLevel::kDebug;
  EVMICRO_LOG(
      "net", level,
      "Accept error: " << std::strerror(error) << "; retrying in " << delay.count() << "ms");
}

}  // namespace evmicro::detail
