#pragma once

#include <string>

#include <evmicro/client.h>

#include "location.evmicro.h"
#include "places.h"

namespace geo {

constexpr const char* kTopic = "geo.location";
/// The most that one search returns.
constexpr std::size_t kMostFound = 10'000;

/// The service's methods, and its subscriber.
class Location final : public LocationAsyncHandler {
 public:
  /// `name` begins the ids of errors. All references must outlive it.
  Location(std::string name, Places& places, evmicro::EventLoop& loop, evmicro::Client& client)
      : name_(std::move(name)), places_(places), loop_(loop), client_(client) {}

  /// Publishes the entity; it is stored when it comes back, in every instance.
  void Save(evmicro::Context context, SaveRequest request,
            evmicro::Reply<SaveResponse> reply) override;
  void Read(evmicro::Context context, ReadRequest request,
            evmicro::Reply<ReadResponse> reply) override;
  void Search(evmicro::Context context, SearchRequest request,
              evmicro::Reply<SearchResponse> reply) override;
  void Snapshot(evmicro::Context context, SnapshotRequest request,
                evmicro::ServerStream<SnapshotRequest, Entity> stream) override;

  /// An entity that some instance has published.
  evmicro::Status published(const Entity& entity);

 private:
  evmicro::Status error(int code, const char* method, std::string detail) const;

  const std::string name_;
  Places& places_;
  evmicro::EventLoop& loop_;
  evmicro::Client& client_;
};

}  // namespace geo
