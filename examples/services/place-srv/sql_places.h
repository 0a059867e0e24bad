#pragma once

#include <cstddef>

#include "../sql/database.h"
#include "places.h"

namespace place {

/// Places in SQLite, with an index of their words.
class SqlPlaces final : public Places {
 public:
  /// `database` must outlive it.
  explicit SqlPlaces(sql::Database& database) : database_(database) {}

  /// Makes what is missing.
  void prepare(Finished done);
  void put(const Place& place, Finished done) override;
  void read(const std::string& id, Done<Place> done) override;
  void remove(const std::string& id, Finished done) override;
  void search(const std::string& query, std::uint64_t limit, std::uint64_t offset,
              Done<std::vector<Place>> done) override;

 private:
  void prepareFrom(std::size_t statement, Finished done);
  void find(const std::string& words, std::uint64_t limit, std::uint64_t offset,
            Done<std::vector<Place>> done);

  sql::Database& database_;
};

}  // namespace place
