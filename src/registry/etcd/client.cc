#include "registry/etcd/client.h"

#include <utility>

#include "registry/etcd/messages.h"

namespace evmicro::detail {

namespace {

constexpr const char* kAuthenticate = "/v3/auth/authenticate";
// What etcd says (api/v3rpc/rpctypes/error.go), the first with status 412, the others with 400.
constexpr const char* kNotEnabled = "etcdserver: authentication is not enabled";
constexpr const char* kNoToken = "etcdserver: user name is empty";
constexpr const char* kOldToken = "etcdserver: revision of auth store is old";

// Tokens expire after some minutes; those of JWT are void as soon as any user or role is changed;
// and one is needed from when authentication is enabled.
bool asksForToken(const EndpointReply& reply) {
  if (reply.http == 401) return true;
  if (reply.http != 400) return false;
  const std::string error = etcdError(reply.body);
  return error == kOldToken || error == kNoToken;
}

HttpEndpoints::Options memberOptions(const EtcdClient::Options& options) {
  HttpEndpoints::Options members;
  members.kind = "etcd";
  members.addresses = options.members;
  members.defaultPort = "2379";
  members.timeout = options.timeout;
  members.tls = options.tls;
  members.explain = etcdError;
  return members;
}

}  // namespace

/// A request, from authentication to its answer. Owned by the Call.
struct EtcdClient::Attempt {
  std::string path;
  std::string body;
  Done done;
  std::weak_ptr<Attempt> self;
  std::optional<std::string> token;  // the one it was sent with
  bool loggedInAgain = false;
  Call waiting;  // last: its callback uses all of the above
};

EtcdClient::EtcdClient(EventLoop& loop, Options options)
    : options_(std::move(options)), members_(loop, memberOptions(options_)) {}

EtcdClient::~EtcdClient() = default;

Call EtcdClient::send(std::string path, std::string body, Done done) {
  auto attempt = std::make_shared<Attempt>();
  attempt->path = std::move(path);
  attempt->body = std::move(body);
  attempt->done = std::move(done);
  attempt->self = attempt;
  begin(*attempt);
  return Call(std::move(attempt));
}

Call EtcdClient::stream(std::string path, std::string body, HttpEndpoints::Piece piece,
                        Ended ended) {
  return members_.stream(request(path, std::move(body)), std::move(piece),
                         [path, who = address(), ended = std::move(ended)](EndpointReply reply) {
                           if (!reply.status.ok()) return ended(std::move(reply.status));
                           ended(Status::internal("etcd " + who + ": ended its answer to " + path));
                         });
}

void EtcdClient::begin(Attempt& attempt) {
  if (options_.user.empty() || token_) return post(attempt);
  waiting_.push_back(attempt.self);
  if (!isLoggingIn_) logIn();
}

EndpointRequest EtcdClient::request(const std::string& path, std::string body) const {
  EndpointRequest request;
  request.method = "POST";
  request.path = path;
  request.body = std::move(body);
  if (token_ && !token_->empty()) request.headers = {"Authorization: " + *token_};
  return request;
}

void EtcdClient::post(Attempt& attempt) {
  attempt.token = token_;
  attempt.waiting =
      members_.send(request(attempt.path, attempt.body),
                    [this, &attempt](EndpointReply reply) { answered(attempt, std::move(reply)); });
}

void EtcdClient::answered(Attempt& attempt, EndpointReply reply) {
  if (attempt.token && asksForToken(reply) && !std::exchange(attempt.loggedInAgain, true)) {
    // Another request may have obtained a new one already.
    if (token_ == attempt.token) token_.reset();
    begin(attempt);
    return;
  }
  Result<Json> result = read(attempt.path, std::move(reply));
  const Done done = std::move(attempt.done);
  done(std::move(result));  // may destroy the attempt and this object
}

void EtcdClient::logIn() {
  isLoggingIn_ = true;
  loggingIn_ =
      members_.send(request(kAuthenticate, authenticateBody(options_.user, options_.password)),
                    [this](EndpointReply reply) { loggedIn(std::move(reply)); });
}

void EtcdClient::loggedIn(EndpointReply reply) {
  isLoggingIn_ = false;
  const auto waiting = std::exchange(waiting_, {});
  Result<std::string> token = readLogIn(std::move(reply));
  const Status problem = token.status();
  if (token.ok()) token_ = std::move(*token);
  const Lifetime::Watch alive = lifetime_.watch();
  for (const std::weak_ptr<Attempt>& entry : waiting) {
    auto attempt = entry.lock();
    if (!attempt) continue;
    if (problem.ok()) {
      post(*attempt);
      continue;
    }
    const Done done = std::move(attempt->done);
    attempt.reset();
    done(problem);
    if (alive.expired()) return;
  }
}

// The token; empty: etcd wants none, as before its administrators enable authentication.
Result<std::string> EtcdClient::readLogIn(EndpointReply reply) const {
  if (reply.http == 412 && etcdError(reply.body) == kNotEnabled) return std::string();
  const Result<Json> answer = read(kAuthenticate, std::move(reply));
  if (!answer.ok()) return answer.status();
  Result<std::string> token = readToken(answer->get());
  return token.ok() ? token : unusable(kAuthenticate, token.status());
}

Result<Json> EtcdClient::read(const std::string& path, EndpointReply reply) const {
  if (!reply.status.ok()) return std::move(reply.status);
  Result<Json> json = readJson(reply.body);
  if (!json.ok()) return unusable(path, json.status());
  if (!json_is_object(json->get())) return unusable(path, Status::invalid("expected an object"));
  return json;
}

Status EtcdClient::unusable(const std::string& path, const Status& why) const {
  return Status::internal("etcd " + address() + ": unusable answer to POST " + path + ": " +
                          why.detail());
}

}  // namespace evmicro::detail
