#include "accounts.h"

#include <algorithm>
#include <ctime>
#include <utility>

#include <evmicro/log.h>

#include "lower_case.h"

namespace user {

namespace {

using evmicro::Result;
using evmicro::Status;

constexpr std::int64_t kSessionSeconds = 7 * 24 * 3'600;
constexpr std::size_t kSessionLetters = 128;
constexpr std::size_t kMostIdBytes = 36;
constexpr std::size_t kMostNameBytes = 255;
constexpr std::int64_t kUsualLimit = 10;
constexpr std::int64_t kMostLimit = 1'000;
// What clients know from the Go service.
constexpr const char* kWrongPassword =
    "crypto/bcrypt: hashedPassword is not the hash of the given password";

std::int64_t now() { return std::time(nullptr); }

// Null: it can be stored.
const char* problemWith(const User& user) {
  if (user.id().empty()) return "id cannot be blank";
  if (user.id().size() > kMostIdBytes) return "id must not be longer than 36 bytes";
  if (user.username().empty()) return "username cannot be blank";
  if (user.email().empty()) return "email cannot be blank";
  if (user.username().size() > kMostNameBytes || user.email().size() > kMostNameBytes) {
    return "username and email must not be longer than 255 bytes";
  }
  for (const std::string* text : {&user.id(), &user.username(), &user.email()}) {
    if (text->find('\0') != std::string::npos) return "text must not contain NUL";
  }
  return nullptr;
}

template <typename Response>
std::shared_ptr<evmicro::Reply<Response>> owe(evmicro::Reply<Response> reply) {
  return std::make_shared<evmicro::Reply<Response>>(std::move(reply));
}

}  // namespace

Accounts::Accounts(std::string name, Store& store, evmicro::Offload& hashing)
    : name_(std::move(name)), store_(store), hashing_(hashing) {}

void Accounts::Create(evmicro::Context, CreateRequest request,
                      evmicro::Reply<CreateResponse> reply) {
  if (const char* problem = problemWith(request.user())) {
    return reply.fail(error(400, "Create", problem));
  }
  if (const char* problem = problemWithPassword(request.password())) {
    return reply.fail(error(400, "Create", problem));
  }
  Store::Account account;
  account.user = request.user();
  account.user.set_username(lowerCase(account.user.username()));
  account.user.set_email(lowerCase(account.user.email()));
  account.user.set_created(now());
  account.user.set_updated(account.user.created());
  const auto owed = owe(std::move(reply));
  const auto hashed = [this, account, owed](StoredPassword password) mutable {
    account.password = std::move(password);
    store_.create(account, lifetime_.guard([this, owed](const Status& status) {
      if (status.ok()) return owed->send({});
      owed->fail(named(status, "Create"));
    }));
  };
  hash<StoredPassword>(
      "Create", [password = request.password()] { return hashPassword(password); }, hashed,
      [owed](Status why) { owed->fail(std::move(why)); });
}

void Accounts::Read(evmicro::Context, ReadRequest request, evmicro::Reply<ReadResponse> reply) {
  if (request.id().empty()) return reply.fail(error(400, "Read", "id cannot be blank"));
  const auto owed = owe(std::move(reply));
  store_.find({request.id(), {}, {}, 1, 0}, lifetime_.guard([this, owed](const auto& found) {
    if (!found.ok()) return owed->fail(named(found.status(), "Read"));
    if (found->empty()) return owed->fail(error(404, "Read", "not found"));
    ReadResponse response;
    *response.mutable_user() = found->front().user;
    owed->send(response);
  }));
}

void Accounts::Update(evmicro::Context, UpdateRequest request,
                      evmicro::Reply<UpdateResponse> reply) {
  User user = request.user();
  if (const char* problem = problemWith(user)) return reply.fail(error(400, "Update", problem));
  user.set_username(lowerCase(user.username()));
  user.set_email(lowerCase(user.email()));
  user.set_updated(now());
  const auto owed = owe(std::move(reply));
  store_.update(user, lifetime_.guard([this, owed](const Status& status) {
    if (status.ok()) return owed->send({});
    owed->fail(named(status, "Update"));
  }));
}

void Accounts::Delete(evmicro::Context, DeleteRequest request,
                      evmicro::Reply<DeleteResponse> reply) {
  const auto owed = owe(std::move(reply));
  store_.remove(request.id(), lifetime_.guard([this, owed](const Status& status) {
    if (status.ok()) return owed->send({});
    owed->fail(named(status, "Delete"));
  }));
}

void Accounts::Search(evmicro::Context, SearchRequest request,
                      evmicro::Reply<SearchResponse> reply) {
  if (request.limit() < 0 || request.offset() < 0) {
    return reply.fail(error(400, "Search", "limit and offset must not be negative"));
  }
  Store::Criteria criteria;
  criteria.username = request.username();
  criteria.email = request.email();
  criteria.limit = request.limit() == 0 ? kUsualLimit : std::min(request.limit(), kMostLimit);
  criteria.offset = request.offset();
  const auto owed = owe(std::move(reply));
  store_.find(criteria, lifetime_.guard([this, owed](const auto& found) {
    if (!found.ok()) return owed->fail(named(found.status(), "Search"));
    SearchResponse response;
    for (const Store::Account& account : *found) *response.add_users() = account.user;
    owed->send(response);
  }));
}

void Accounts::UpdatePassword(evmicro::Context, UpdatePasswordRequest request,
                              evmicro::Reply<UpdatePasswordResponse> reply) {
  constexpr const char* kMethod = "updatepassword";
  if (request.userid().empty()) return reply.fail(error(400, kMethod, "userId cannot be blank"));
  if (const char* problem = problemWithPassword(request.newpassword())) {
    return reply.fail(error(400, kMethod, problem));
  }
  if (!request.confirmpassword().empty() && request.confirmpassword() != request.newpassword()) {
    return reply.fail(error(400, kMethod, "confirmPassword is not newPassword"));
  }
  const auto owed = owe(std::move(reply));
  const auto verified = [this, owed, fresh = request.newpassword()](Result<Store::Account> found) {
    if (!found.ok()) return owed->fail(found.status());
    const auto hashed = [this, owed, account = *found](const StoredPassword& password) {
      store_.changePassword(account, password, now(), lifetime_.guard([=](const Status& status) {
        if (status.ok()) return owed->send({});
        const bool changed = status.kind() == evmicro::ErrorKind::kNotFound;
        owed->fail(changed ? wrong(kMethod) : named(status, kMethod));
      }));
    };
    hash<StoredPassword>(
        kMethod, [fresh] { return hashPassword(fresh); }, hashed,
        [owed](Status why) { owed->fail(std::move(why)); });
  };
  verify({request.userid(), {}, {}, 1, 0}, request.oldpassword(), kMethod, verified);
}

void Accounts::Login(evmicro::Context, LoginRequest request, evmicro::Reply<LoginResponse> reply) {
  constexpr const char* kMethod = "login";
  if (request.username().empty() && request.email().empty()) {
    return reply.fail(error(400, kMethod, "username and email cannot be blank"));
  }
  const auto owed = owe(std::move(reply));
  const auto verified = [this, owed](Result<Store::Account> found) {
    if (!found.ok()) return owed->fail(found.status());
    beginSession(*found, owed);
  };
  verify({{}, lowerCase(request.username()), lowerCase(request.email()), 1, 0}, request.password(),
         kMethod, verified);
}

void Accounts::beginSession(const Store::Account& account, Owed<LoginResponse> owed) {
  LoginResponse response;
  Session& session = *response.mutable_session();
  session.set_id(randomText(kSessionLetters));
  session.set_username(account.user.username());
  session.set_created(now());
  session.set_expires(session.created() + kSessionSeconds);
  store_.addSession(session, account, lifetime_.guard([this, owed, response](const Status& status) {
    if (status.kind() == evmicro::ErrorKind::kNotFound) return owed->fail(wrong("login"));
    if (!status.ok()) return owed->fail(named(status, "login"));
    ++counters_.logins;
    owed->send(response);
  }));
}

void Accounts::Logout(evmicro::Context, LogoutRequest request,
                      evmicro::Reply<LogoutResponse> reply) {
  const auto owed = owe(std::move(reply));
  store_.removeSession(request.sessionid(), lifetime_.guard([this, owed](const Status& status) {
    if (status.ok()) return owed->send({});
    owed->fail(named(status, "Logout"));
  }));
}

void Accounts::ReadSession(evmicro::Context, ReadSessionRequest request,
                           evmicro::Reply<ReadSessionResponse> reply) {
  const auto owed = owe(std::move(reply));
  store_.readSession(request.sessionid(), now(), lifetime_.guard([this, owed](const auto& found) {
    if (!found.ok()) return owed->fail(named(found.status(), "ReadSession"));
    ReadSessionResponse response;
    *response.mutable_session() = *found;
    owed->send(response);
  }));
}

// An account that does not exist takes as long, and gets the same answer, as a wrong password.
void Accounts::verify(const Store::Criteria& who, const std::string& password, const char* method,
                      Verified done) {
  // Of such length, or with such bytes, is no password: not worth the work.
  const bool possible = problemWithPassword(password) == nullptr;
  const auto outcome = [this, who, password, method, done](const Store::Account& account,
                                                           Match match,
                                                           const StoredPassword& fresh) {
    if (match == Match::kNo) {
      ++counters_.refused;
      return done(wrong(method));
    }
    if (match == Match::kYes) return done(account);
    store_.rehash(account, fresh, lifetime_.guard([=](const Status& status) {
      // Another login has renewed it, or it has been changed.
      if (status.kind() == evmicro::ErrorKind::kNotFound) {
        return verify(who, password, method, done);
      }
      Store::Account current = account;
      if (status.ok()) current.password = fresh;
      done(std::move(current));
    }));
  };
  struct Verdict {
    Match match = Match::kNo;
    StoredPassword fresh;
  };
  store_.find(who, lifetime_.guard([this, password, method, possible, done,
                                    outcome](const Result<std::vector<Store::Account>>& found) {
    if (!found.ok()) return done(named(found.status(), method));
    const Store::Account account = found->empty() ? Store::Account() : found->front();
    const bool known = !found->empty() && possible;
    const auto work = [password, account, known]() -> Verdict {
      if (!known) {
        pretendToMatch(password);
        return {};
      }
      const Match match = matches(password, account.password);
      return {match, match == Match::kOutdated ? hashPassword(password) : StoredPassword()};
    };
    const auto judge = [account, outcome](const Verdict& verdict) {
      outcome(account, verdict.match, verdict.fresh);
    };
    hash<Verdict>(method, work, judge, done);
  }));
}

template <typename T>
void Accounts::hash(const char* method, std::function<T()> work, std::function<void(T)> then,
                    std::function<void(Status)> failed) {
  hashing_.run(std::move(work), lifetime_.guard([this, method, then = std::move(then),
                                                 failed = std::move(failed)](Result<T> result) {
    if (result.ok()) return then(std::move(*result));
    const bool full = result.status().kind() == evmicro::ErrorKind::kOverloaded;
    failed(full ? busy(method) : named(result.status(), method));
  }));
}

Status Accounts::error(int code, const char* method, std::string detail) const {
  return Status::error(code, name_ + "." + method, std::move(detail));
}

Status Accounts::busy(const char* method) const {
  return error(429, method, "too many passwords are being checked, try again later");
}

Status Accounts::wrong(const char* method) const { return error(401, method, kWrongPassword); }

// What the database says is for the log, unless the caller can do something about it.
Status Accounts::named(const Status& status, const char* method) const {
  switch (status.code()) {
    case 404: return error(404, method, "not found");
    case 409: return error(409, method, "id, username or email exists already");
    case 408:
    case 429:
    case 503: return error(status.code(), method, status.detail());
    default:
      evmicro::log("user", evmicro::LogLevel::kError,
                   name_ + "." + method + ": " + status.detail());
      return error(500, method, "the database failed");
  }
}

}  // namespace user
