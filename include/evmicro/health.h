#pragma once

#include <functional>
#include <memory>
#include <string>

#include <evmicro/call.h>
#include <evmicro/export.h>
#include <evmicro/status.h>

namespace evmicro {

class EventLoop;

/// Whether a part that a program cannot do without works: for what its server cannot know, such as
/// a database that is away. While one is an error, a server that requires it answers
/// - `/health` and `/health/ready` with 503 and the reason,
/// - Debug.Health with the reason in place of `ok`,
/// - gRPC's health checks with NOT_SERVING.
/// In /metrics it is `evmicro_healthy{part="NAME"}`, 1 or 0.
///
/// `/health/live` stays 200: a restart would not help. The server keeps serving and stays
/// registered: where all its nodes share the part, callers would get "not found" in place of an
/// error that says what is wrong. Whoever wants such a node out of use acts on `/health/ready`.
///
/// Copies are the same part. Used on the loop's thread.
/// ```
/// const evmicro::Health health(service.loop(), "database");
/// service.server().require(health);
/// health.set(evmicro::Status::unavailable("the database cannot be reached"));
/// ```
class EVMICRO_EXPORT Health {
 public:
  /// Works until set() says otherwise. `part` is its name among those of the program. `loop` must
  /// outlive it.
  Health(EventLoop& loop, std::string part);

  /// How it is from now on; the detail of an error is shown to whoever asks.
  void set(Status status) const;
  /// As set last.
  const Status& status() const noexcept;

  /// `changed` runs in a later turn after each set() that made an error of no error, the other way
  /// round, or another detail, until the token is destroyed.
  Subscription onChange(std::function<void(Status)> changed) const;

  /// Its name.
  const std::string& part() const noexcept;

 private:
  struct Part;
  std::shared_ptr<Part> part_;  // of all copies
};

}  // namespace evmicro
