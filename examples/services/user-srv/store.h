#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <evmicro/status.h>

#include "../sql/database.h"
#include "account.pb.h"
#include "passwords.h"

namespace user {

/// Accounts and sessions in a database. Usernames and emails are given in lower case. Each callback
/// runs once, in a later turn; errors are those of Database::run, and those that are named.
class Store {
 public:
  using Finished = std::function<void(evmicro::Status)>;
  template <typename T>
  using Done = std::function<void(evmicro::Result<T>)>;

  struct Account {
    User user;
    StoredPassword password;
  };
  /// Which accounts: an empty field does not count.
  struct Criteria {
    std::string id;
    std::string username;
    std::string email;
    std::int64_t limit = 1;
    std::int64_t offset = 0;
  };

  /// Makes the tables that are missing: for sql::openDatabase.
  static std::vector<std::string> schema();
  /// Writes something and takes it back: for sql::WatchedDatabase.
  static std::vector<sql::Statement> probe();

  /// `database` must outlive it.
  explicit Store(sql::Database& database) : database_(database) {}

  /// 409: the id, username or email exists already.
  void create(const Account& account, Finished done);
  /// Changes username, email and updated of the account `user.id()`; one that does not exist is no
  /// error. 409 as above.
  void update(const User& user, Finished done);
  /// Removes the account and ends its sessions.
  void remove(const std::string& id, Finished done);
  /// Sorted by username.
  void find(const Criteria& criteria, Done<std::vector<Account>> done);
  /// Changes the password, if it is still `old`: otherwise kNotFound. Ends the sessions.
  void changePassword(const Account& account, const StoredPassword& fresh, std::int64_t now,
                      Finished done);
  /// The same password by another scheme, if it is still the old one: otherwise kNotFound. Sessions
  /// stay.
  void rehash(const Account& account, const StoredPassword& fresh, Finished done);

  /// Adds a session, if the account still exists with the same password: otherwise kNotFound.
  void addSession(const Session& session, const Account& account, Finished done);
  /// One that does not exist is no error.
  void removeSession(const std::string& id, Finished done);
  /// kNotFound: there is none, or it has expired.
  void readSession(const std::string& id, std::int64_t now, Done<Session> done);
  void removeExpired(std::int64_t now, Finished done);

 private:
  sql::Statement lockOf(const std::string& id) const;
  void finish(std::vector<sql::Statement> statements, Finished done);
  void finishOne(std::vector<sql::Statement> statements, Finished done);

  sql::Database& database_;
};

}  // namespace user
