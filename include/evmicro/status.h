#pragma once

#include <cassert>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include <evmicro/export.h>

namespace evmicro {

/// What went wrong, sorted by what the caller can do about it.
enum class ErrorKind {
  kNone,         ///< No error.
  kInvalid,      ///< The request is wrong: repeating it unchanged cannot help.
  kNotFound,     ///< No such service, node, method or key.
  kUnavailable,  ///< The peer was not reached: nothing ran, retrying is safe.
  kTimeout,      ///< No answer in time: the call may or may not have run.
  kOverloaded,   ///< Refused for now: retry later, after a pause.
  kCancelled,    ///< The caller's Context was cancelled.
  kRemote,       ///< The peer ran the call and answered with an error.
  kInternal,     ///< A bug, a broken connection, or a resource that ran out.
};

/// Success, or an error as it travels on go-micro's wire: {id, code, detail, status}.
/// Cheap to move, one allocation when it is an error. Never throws anything but bad_alloc.
class [[nodiscard]] EVMICRO_EXPORT Status {
 public:
  /// Success.
  Status() noexcept;
  /// An error. `id` names the reporter (a service, `go.micro.client`), `code` is an HTTP status
  /// code, `detail` is for people: what was wrong, where, what to do. `kind` is never kNone.
  Status(ErrorKind kind, int code, std::string id, std::string detail);
  Status(const Status& other);
  Status(Status&& other) noexcept;
  Status& operator=(const Status& other);
  Status& operator=(Status&& other) noexcept;
  ~Status();

  static Status invalid(std::string detail);      ///< code 400
  static Status notFound(std::string detail);     ///< code 404
  static Status timeout(std::string detail);      ///< code 408
  static Status overloaded(std::string detail);   ///< code 429
  static Status cancelled(std::string detail);    ///< code 499
  static Status internal(std::string detail);     ///< code 500
  static Status unavailable(std::string detail);  ///< code 503
  /// A handler's error with a code of its own; the kind is derived from the code.
  static Status error(int code, std::string id, std::string detail);

  /// Whether this is a success.
  bool ok() const noexcept { return !rep_; }
  ErrorKind kind() const noexcept;         ///< kNone when ok()
  int code() const noexcept;               ///< 0 when ok()
  const std::string& id() const noexcept;  ///< empty when ok(), or if the error has no id
  /// What happened, for people. Empty if ok.
  const std::string& detail() const noexcept;

  /// For logs and messages: `ok`, or `detail (code text, id)`.
  std::string toString() const;

  /// Prefixes the detail with `context` and ": ". No effect on success.
  Status withContext(std::string_view context) &&;
  /// Replaces the id. No effect on success.
  Status withId(std::string_view id) &&;

  /// The JSON text go-micro puts on the wire, byte for byte as its errors.Error prints it:
  /// `{"id":..,"code":..,"detail":..,"status":..}`. @pre !ok()
  std::string toWire() const;
  /// Parses an error that a peer sent: the fields of a JSON object, or code 500 with any other text
  /// as detail. Never ok(); the kind is kRemote whatever the code.
  static Status fromWire(std::string_view text);

 private:
  struct Rep;
  std::unique_ptr<Rep> rep_;
};

/// Go's http.StatusText: `Not Found` for 404, "" for a code without a name.
EVMICRO_EXPORT std::string_view statusText(int code) noexcept;

/// A value or an error.
template <typename T>
class [[nodiscard]] Result {
 public:
  /// A value: ok.
  Result(T value) : content_(std::in_place_index<0>, std::move(value)) {}  // NOLINT: implicit
  /// @pre !status.ok()
  Result(Status status) : content_(std::in_place_index<1>, std::move(status)) {  // NOLINT
    assert(!std::get<1>(content_).ok());
  }

  /// Whether there is a value.
  bool ok() const noexcept { return content_.index() == 0; }
  /// The error; a success has an ok() Status.
  Status status() const& { return ok() ? Status() : std::get<1>(content_); }
  Status status() && { return ok() ? Status() : std::move(std::get<1>(content_)); }

  /// @pre ok()
  T& value() & { return *access(); }
  const T& value() const& { return *const_cast<Result*>(this)->access(); }
  T&& value() && { return std::move(*access()); }
  T& operator*() & { return *access(); }
  const T& operator*() const& { return *const_cast<Result*>(this)->access(); }
  T&& operator*() && { return std::move(*access()); }
  T* operator->() { return access(); }
  const T* operator->() const { return const_cast<Result*>(this)->access(); }

 private:
  T* access() {
    assert(ok());
    return std::get_if<0>(&content_);
  }

  std::variant<T, Status> content_;
};

}  // namespace evmicro
