#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include <evmicro/lifetime.h>
#include <evmicro/offload.h>

#include "account.evmicro.h"
#include "store.h"

namespace user {

/// The methods of Account.
class Accounts final : public AccountAsyncHandler {
 public:
  struct Counters {
    std::uint64_t logins = 0;
    std::uint64_t refused = 0;  ///< logins with a wrong name or password
  };

  /// Hashes on `hashing`. `name` begins the ids of errors. All references must outlive it.
  Accounts(std::string name, Store& store, evmicro::Offload& hashing);

  void Create(evmicro::Context, CreateRequest request,
              evmicro::Reply<CreateResponse> reply) override;
  void Read(evmicro::Context, ReadRequest request, evmicro::Reply<ReadResponse> reply) override;
  void Update(evmicro::Context, UpdateRequest request,
              evmicro::Reply<UpdateResponse> reply) override;
  void Delete(evmicro::Context, DeleteRequest request,
              evmicro::Reply<DeleteResponse> reply) override;
  void Search(evmicro::Context, SearchRequest request,
              evmicro::Reply<SearchResponse> reply) override;
  void UpdatePassword(evmicro::Context, UpdatePasswordRequest request,
                      evmicro::Reply<UpdatePasswordResponse> reply) override;
  void Login(evmicro::Context, LoginRequest request, evmicro::Reply<LoginResponse> reply) override;
  void Logout(evmicro::Context, LogoutRequest request,
              evmicro::Reply<LogoutResponse> reply) override;
  void ReadSession(evmicro::Context, ReadSessionRequest request,
                   evmicro::Reply<ReadSessionResponse> reply) override;

  const Counters& counters() const noexcept { return counters_; }

 private:
  template <typename Response>
  using Owed = std::shared_ptr<evmicro::Reply<Response>>;
  using Verified = std::function<void(evmicro::Result<Store::Account>)>;

  void verify(const Store::Criteria& who, const std::string& password, const char* method,
              Verified done);
  void beginSession(const Store::Account& account, Owed<LoginResponse> owed);
  /// Runs `work` on a thread of hashing, then `then`, or `failed` with the error for `method`.
  template <typename T>
  void hash(const char* method, std::function<T()> work, std::function<void(T)> then,
            std::function<void(evmicro::Status)> failed);

  evmicro::Status error(int code, const char* method, std::string detail) const;
  evmicro::Status busy(const char* method) const;
  evmicro::Status wrong(const char* method) const;
  evmicro::Status named(const evmicro::Status& status, const char* method) const;

  const std::string name_;
  Store& store_;
  evmicro::Offload& hashing_;
  Counters counters_;
  evmicro::Lifetime lifetime_;
};

}  // namespace user
