#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <evmicro/status.h>

#include "place.pb.h"

namespace place {

/// Where places are kept, and found by their words. Callbacks run once, at once or in a later
/// turn. Errors have code 503 if the store was not reached, 429 if it has too much to do, and 500
/// otherwise, beside those that are named.
class Places {
 public:
  using Finished = std::function<void(evmicro::Status)>;
  template <typename T>
  using Done = std::function<void(evmicro::Result<T>)>;

  Places() = default;
  Places(const Places&) = delete;
  Places& operator=(const Places&) = delete;
  /// No callback runs afterwards.
  virtual ~Places() = default;

  /// Stores the place, in the place of one with its id.
  virtual void put(const Place& place, Finished done) = 0;
  /// 404: there is none.
  virtual void read(const std::string& id, Done<Place> done) = 0;
  /// One that does not exist is no error.
  virtual void remove(const std::string& id, Finished done) = 0;
  /// The best matches first. `query` is in Lucene's syntax, empty or `*` for all places. 400: what
  /// is wrong with it.
  virtual void search(const std::string& query, std::uint64_t limit, std::uint64_t offset,
                      Done<std::vector<Place>> done) = 0;
};

/// A place as JSON, with the names of its fields as they are in the protocol.
std::string toJson(const Place& place);
/// 500: it is not a place. Members without a field are skipped.
evmicro::Result<Place> fromJson(const std::string& json);

}  // namespace place
