#include "sql_places.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "query.h"

namespace place {

namespace {

using evmicro::Result;
using evmicro::Status;

// The triggers keep the index of words with each statement, so that no crash can come between.
constexpr std::array<const char*, 5> kSchema = {
    "create table if not exists places (number integer primary key, id text unique, json text)",
    "create virtual table if not exists place_words using fts5 "
    "(name, iata, address, phone, description, tags)",
    "create trigger if not exists place_added after insert on places begin "
    "insert into place_words (rowid, name, iata, address, phone, description, tags) values "
    "(new.number, new.json ->> '$.name', new.json ->> '$.iata', new.json ->> '$.address', "
    "new.json ->> '$.phone', new.json ->> '$.description', new.json ->> '$.tags'); end",
    "create trigger if not exists place_changed after update on places begin "
    "update place_words set name = new.json ->> '$.name', iata = new.json ->> '$.iata', "
    "address = new.json ->> '$.address', phone = new.json ->> '$.phone', "
    "description = new.json ->> '$.description', tags = new.json ->> '$.tags' "
    "where rowid = new.number; end",
    "create trigger if not exists place_removed after delete on places begin "
    "delete from place_words where rowid = old.number; end",
};

std::string bounded(std::uint64_t number) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();
  return std::to_string(std::min(number, kMost));
}

}  // namespace

// Of SQLite alone; it writes, as storing a place does.
std::vector<sql::Statement> SqlPlaces::probe() { return {{"pragma user_version = 0"}}; }

std::vector<std::string> SqlPlaces::schema() { return {kSchema.begin(), kSchema.end()}; }

void SqlPlaces::put(const Place& place, Finished done) {
  database_.run(
      "insert into places (id, json) values ($1, $2) "
      "on conflict (id) do update set json = excluded.json",
      {place.id(), toJson(place)},
      [done = std::move(done)](const Result<sql::Rows>& rows) { done(rows.status()); });
}

void SqlPlaces::read(const std::string& id, Done<Place> done) {
  database_.run("select json from places where id = $1", {id},
                [done = std::move(done)](const Result<sql::Rows>& rows) {
                  if (!rows.ok()) return done(rows.status());
                  if (rows->rows.empty()) return done(Status::notFound("record not found"));
                  done(fromJson(rows->rows[0][0]));
                });
}

void SqlPlaces::remove(const std::string& id, Finished done) {
  database_.run("delete from places where id = $1", {id},
                [done = std::move(done)](const Result<sql::Rows>& rows) { done(rows.status()); });
}

void SqlPlaces::search(const std::string& query, std::uint64_t limit, std::uint64_t offset,
                       Done<std::vector<Place>> done) {
  const Result<std::string> words = translate(query);
  if (!words.ok()) return done(words.status());
  find(*words, limit, offset, std::move(done));
}

// `words` as translate() gives them: empty for all, by their ids.
void SqlPlaces::find(const std::string& words, std::uint64_t limit, std::uint64_t offset,
                     Done<std::vector<Place>> done) {
  const auto found = [done = std::move(done)](const Result<sql::Rows>& rows) {
    if (!rows.ok()) return done(rows.status());
    std::vector<Place> places;
    for (const auto& row : rows->rows) {
      Result<Place> place = fromJson(row[0]);
      if (!place.ok()) return done(place.status());
      places.push_back(std::move(*place));
    }
    done(std::move(places));
  };
  const std::string part = " limit cast($1 as integer) offset cast($2 as integer)";
  std::vector<std::string> parameters = {bounded(limit), bounded(offset)};
  if (words.empty()) {
    return database_.run("select json from places order by id" + part, std::move(parameters),
                         found);
  }
  parameters.push_back(words);
  database_.run(
      "select json from place_words join places on number = place_words.rowid "
      "where place_words match $3 order by rank" +
          part,
      std::move(parameters), found);
}

}  // namespace place
