#include "store.h"

#include <cstdlib>
#include <utility>

namespace user {

namespace {

using evmicro::Result;
using evmicro::Status;

std::int64_t numberIn(const std::string& text) { return std::strtoll(text.c_str(), nullptr, 10); }

Store::Account accountIn(const std::vector<std::string>& row) {
  Store::Account account;
  account.user.set_id(row[0]);
  account.user.set_username(row[1]);
  account.user.set_email(row[2]);
  account.user.set_created(numberIn(row[3]));
  account.user.set_updated(numberIn(row[4]));
  account.password = {row[5], row[6]};
  return account;
}

}  // namespace

std::vector<std::string> Store::schema() {
  return {
      "create table if not exists accounts (id varchar(36) primary key, "
      "username varchar(255) unique, email varchar(255) unique, salt varchar(16), password text, "
      "created bigint, updated bigint)",
      "create table if not exists sessions (id varchar(255) primary key, "
      "username varchar(255), created bigint, expires bigint)"};
}

void Store::create(const Account& account, Finished done) {
  const User& user = account.user;
  finish({{"insert into accounts (id, username, email, salt, password, created, updated) "
           "values ($1, $2, $3, $4, $5, cast($6 as bigint), cast($7 as bigint))",
           {user.id(), user.username(), user.email(), account.password.salt, account.password.hash,
            std::to_string(user.created()), std::to_string(user.updated())}}},
         std::move(done));
}

void Store::update(const User& user, Finished done) {
  // The sessions before the account: afterwards the old name is not known.
  finish({lockOf(user.id()),
          {"update sessions set username = $2 "
           "where username = (select username from accounts where id = $1)",
           {user.id(), user.username()}},
          {"update accounts set username = $2, email = $3, updated = cast($4 as bigint) "
           "where id = $1",
           {user.id(), user.username(), user.email(), std::to_string(user.updated())}}},
         std::move(done));
}

void Store::remove(const std::string& id, Finished done) {
  finish({lockOf(id),
          {"delete from sessions where username = (select username from accounts where id = $1)",
           {id}},
          {"delete from accounts where id = $1", {id}}},
         std::move(done));
}

void Store::find(const Criteria& criteria, Done<std::vector<Account>> done) {
  std::vector<std::string> parameters = {std::to_string(criteria.limit),
                                         std::to_string(criteria.offset)};
  std::string conditions;
  const auto require = [&](const char* column, const std::string& value) {
    if (value.empty()) return;
    parameters.push_back(value);
    conditions += (conditions.empty() ? " where " : " and ") + std::string(column) + " = $" +
                  std::to_string(parameters.size());
  };
  require("id", criteria.id);
  require("username", criteria.username);
  require("email", criteria.email);
  database_.run("select id, username, email, created, updated, salt, password from accounts" +
                    conditions +
                    " order by username limit cast($1 as bigint) offset cast($2 as bigint)",
                std::move(parameters), [done = std::move(done)](Result<sql::Rows> rows) {
                  if (!rows.ok()) return done(rows.status());
                  std::vector<Account> accounts;
                  for (const auto& row : rows->rows) accounts.push_back(accountIn(row));
                  done(std::move(accounts));
                });
}

void Store::changePassword(const Account& account, const StoredPassword& fresh, std::int64_t now,
                           Finished done) {
  finishOne(
      {{"update accounts set salt = $3, password = $4, updated = cast($5 as bigint) "
        "where id = $1 and password = $2",
        {account.user.id(), account.password.hash, fresh.salt, fresh.hash, std::to_string(now)}},
       {"delete from sessions where username = "
        "(select username from accounts where id = $1 and password = $2)",
        {account.user.id(), fresh.hash}}},
      std::move(done));
}

void Store::rehash(const Account& account, const StoredPassword& fresh, Finished done) {
  finishOne({{"update accounts set salt = $3, password = $4 where id = $1 and password = $2",
              {account.user.id(), account.password.hash, fresh.salt, fresh.hash}}},
            std::move(done));
}

void Store::addSession(const Session& session, const Account& account, Finished done) {
  finishOne({{"insert into sessions (id, username, created, expires) "
              "select cast($1 as varchar(255)), username, cast($2 as bigint), cast($3 as bigint) "
              "from accounts where id = $4 and password = $5" +
                  std::string(database_.locking()),
              {session.id(), std::to_string(session.created()), std::to_string(session.expires()),
               account.user.id(), account.password.hash}}},
            std::move(done));
}

void Store::removeSession(const std::string& id, Finished done) {
  finish({{"delete from sessions where id = $1", {id}}}, std::move(done));
}

void Store::readSession(const std::string& id, std::int64_t now, Done<Session> done) {
  database_.run(
      "select id, username, created, expires from sessions "
      "where id = $1 and expires > cast($2 as bigint)",
      {id, std::to_string(now)}, [done = std::move(done)](Result<sql::Rows> rows) {
        if (!rows.ok()) return done(rows.status());
        if (rows->rows.empty()) return done(Status::notFound("not found"));
        const std::vector<std::string>& row = rows->rows.front();
        Session session;
        session.set_id(row[0]);
        session.set_username(row[1]);
        session.set_created(numberIn(row[2]));
        session.set_expires(numberIn(row[3]));
        done(std::move(session));
      });
}

void Store::removeExpired(std::int64_t now, Finished done) {
  finish({{"delete from sessions where expires <= cast($1 as bigint)", {std::to_string(now)}}},
         std::move(done));
}

std::vector<sql::Statement> Store::probe() {
  const std::string id = "probe " + randomText(32);
  return {{"insert into sessions (id, username, created, expires) values ($1, '', 0, 0)", {id}},
          {"delete from sessions where id = $1", {id}}};
}

// A login reads the account and adds a session. One that has read what is about to change must have
// added its session before the sessions are looked at, or wait and read anew.
sql::Statement Store::lockOf(const std::string& id) const {
  return {"select id from accounts where id = $1" + std::string(database_.locking()), {id}};
}

void Store::finish(std::vector<sql::Statement> statements, Finished done) {
  database_.runAll(std::move(statements), [done = std::move(done)](const Result<sql::Rows>& rows) {
    done(rows.status());
  });
}

// The first statement must have changed something.
void Store::finishOne(std::vector<sql::Statement> statements, Finished done) {
  database_.runAll(std::move(statements), [done = std::move(done)](const Result<sql::Rows>& rows) {
    const bool none = rows.ok() && rows->affected == 0;
    done(none ? Status::notFound("not found") : rows.status());
  });
}

}  // namespace user
