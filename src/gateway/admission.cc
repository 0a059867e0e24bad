#include "gateway/admission.h"

#include <algorithm>
#include <utility>

#include <evmicro/rate_limit.h>

#include "call/middleware.h"
#include "gateway/call_context.h"
#include "gateway/errors.h"

namespace evmicro::gateway {

namespace {

constexpr const char* kClaims[] = {"Jwt-Issuer", "Jwt-Subject"};

// A request on its way through the wrappers.
class Passing final : public detail::WrappedCall {
 public:
  Passing(std::string id, WebRequest request, WebReply reply, WebServer::Handler handler)
      : id_(std::move(id)),
        request_(std::move(request)),
        reply_(std::move(reply)),
        handler_(std::move(handler)) {}

  CallInfo info() const override {
    CallInfo info;
    info.service = id_;
    info.method = path_;
    return info;
  }

  bool open() const override { return !over_; }

  void reach(Context context, CallDone done) override {
    over_ = true;
    setClaims(context.metadata());
    handler_(std::move(request_), std::move(reply_));
    done({});
  }

  void refuse(const Status& why) {
    if (!std::exchange(over_, true)) answer(reply_, why);
  }

 private:
  // What the wrappers have found out about the caller.
  void setClaims(const Metadata& metadata) {
    for (const char* const name : kClaims) {
      WebFields& headers = request_.headers;
      headers.erase(std::remove_if(headers.begin(), headers.end(),
                                   [name](const auto& field) { return field.first == name; }),
                    headers.end());
      if (const auto value = metadata.get(name)) headers.emplace_back(name, *value);
    }
  }

  const std::string id_;
  WebRequest request_;
  const std::string path_ = request_.path;
  WebReply reply_;
  const WebServer::Handler handler_;
  bool over_ = false;
};

}  // namespace

Admission::Admission(EventLoop& loop, std::string id, AdmissionOptions options)
    : loop_(loop),
      id_(std::move(id)),
      options_(std::move(options)),
      wrappers_(std::make_shared<std::vector<Wrapper>>()) {
  if (options_.requestsPerSecond <= 0) return;
  RateLimitOptions limit;
  limit.perSecond = options_.requestsPerSecond;
  limit.burst = std::max(1.0, options_.requestsPerSecond);
  wrappers_->push_back(rateLimit(loop_, limit));
}

Status Admission::open() {
  if (options_.jwt.keys.empty()) return {};
  Result<Wrapper> jwt = jwtAuth(options_.jwt);
  if (!jwt.ok()) return jwt.status();
  wrappers_->push_back(std::move(*jwt));
  return {};
}

void Admission::pass(WebRequest request, WebReply reply, const WebServer::Handler& handler) const {
  if (wrappers_->empty()) return handler(std::move(request), std::move(reply));
  Context context = callContext(request);
  const auto passing =
      std::make_shared<Passing>(id_, std::move(request), std::move(reply), handler);
  detail::runMiddleware(passing, wrappers_, std::move(context), [passing](const Status& status) {
    if (!status.ok()) passing->refuse(status);
  });
}

}  // namespace evmicro::gateway
