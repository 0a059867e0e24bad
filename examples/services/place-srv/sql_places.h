#pragma once

#include <string>
#include <vector>

#include "../sql/database.h"
#include "places.h"

namespace place {

/// Places in SQLite, with an index of their words.
class SqlPlaces final : public Places {
 public:
  /// Makes what is missing: for sql::openSqlite.
  static std::vector<std::string> schema();
  /// Writes something that changes nothing: for sql::WatchedDatabase.
  static std::vector<sql::Statement> probe();

  /// `database` must outlive it.
  explicit SqlPlaces(sql::Database& database) : database_(database) {}

  void put(const Place& place, Finished done) override;
  void read(const std::string& id, Done<Place> done) override;
  void remove(const std::string& id, Finished done) override;
  void search(const std::string& query, std::uint64_t limit, std::uint64_t offset,
              Done<std::vector<Place>> done) override;

 private:
  void find(const std::string& words, std::uint64_t limit, std::uint64_t offset,
            Done<std::vector<Place>> done);

  sql::Database& database_;
};

}  // namespace place
