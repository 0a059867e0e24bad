#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include <evmicro/export.h>
#include <evmicro/status.h>

namespace evmicro {

namespace detail {
struct WebBodyState;
}

/// The body of a request whose handler takes it in parts, see WebServer::handleStreamed(). What the
/// handler does not take yet waits with the peer: at most 80 KiB are read ahead. Destroying it
/// discards the rest of the body, and no callback runs any more. May outlive connection and server.
class EVMICRO_EXPORT WebBody {
 public:
  /// For the library.
  explicit WebBody(std::shared_ptr<detail::WebBodyState> state) noexcept;
  WebBody(WebBody&&) noexcept;
  WebBody& operator=(WebBody&&) = delete;
  ~WebBody();

  /// Runs for each part, non-empty and of any size; the view is valid until it returns. Until it is
  /// set, nothing is read. May run once more after pause().
  void onPart(std::function<void(std::string_view part)> onPart);
  /// Runs once, after the last part: ok if the body is complete, kUnavailable if the connection
  /// ended before.
  void onEnd(std::function<void(const Status& how)> onEnd);
  /// Stops reading, which slows the peer down, until resume().
  void pause();
  void resume();

 private:
  std::shared_ptr<detail::WebBodyState> state_;  // shared with the connection
};

}  // namespace evmicro
