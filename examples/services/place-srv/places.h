#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <evmicro/status.h>

#include "../sql/database.h"
#include "place.pb.h"

namespace place {

/// Places in SQLite, with an index of their words. Callbacks run once, in a later turn; errors are
/// those of sql::Database::run, and those that are named.
class Places {
 public:
  using Finished = std::function<void(evmicro::Status)>;
  template <typename T>
  using Done = std::function<void(evmicro::Result<T>)>;

  /// `database` must outlive it.
  explicit Places(sql::Database& database) : database_(database) {}

  /// Makes what is missing.
  void prepare(Finished done);
  /// Stores the place, in the place of one with its id.
  void put(const Place& place, Finished done);
  /// kNotFound: there is none.
  void read(const std::string& id, Done<Place> done);
  /// One that does not exist is no error.
  void remove(const std::string& id, Finished done);
  /// `words` as translate() gives them; the best matches first, or all by their ids.
  void search(const std::string& words, std::uint64_t limit, std::uint64_t offset,
              Done<std::vector<Place>> done);

 private:
  void prepareFrom(std::size_t statement, Finished done);

  sql::Database& database_;
};

}  // namespace place
