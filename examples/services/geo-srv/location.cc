#include "location.h"

#include <algorithm>
#include <memory>

#include <evmicro/event_loop.h>
#include <evmicro/log.h>

namespace geo {

namespace {

using SnapshotStream = evmicro::ServerStream<SnapshotRequest, Entity>;

// One snapshot on its way. Waits for a slow reader, and returns to the loop now and then, so that
// other callers are served.
class Sending {
 public:
  Sending(evmicro::EventLoop& loop, const Places& places, SnapshotStream stream)
      : loop_(loop), places_(places), stream_(std::move(stream)) {}

  static void goOn(const std::shared_ptr<Sending>& self) {
    for (int batch = 0; batch < 500; ++batch) {
      if (self->next_ >= self->places_.size()) return self->stream_.finish();
      if (!self->stream_.send(self->places_.at(self->next_++))) return;
    }
    self->loop_.post([self] { goOn(self); });
  }

 private:
  evmicro::EventLoop& loop_;
  const Places& places_;
  std::size_t next_ = 0;
  SnapshotStream stream_;
};

}  // namespace

void Location::Save(evmicro::Context context, SaveRequest request,
                    evmicro::Reply<SaveResponse> reply) {
  const Entity& entity = request.entity();
  if (const std::string_view problem = problemWith(entity); !problem.empty()) {
    return reply.fail(error(400, "save", std::string(problem)));
  }
  if (!places_.takes(entity.id())) {
    return reply.fail(error(429, "save", "the index is full, see --max_entities"));
  }
  const auto owed = std::make_shared<evmicro::Reply<SaveResponse>>(std::move(reply));
  client_.publish(context, kTopic, entity, [this, owed](const evmicro::Status& status) {
    if (status.ok()) return owed->send({});
    owed->fail(error(500, "save", status.detail()));
  });
}

evmicro::Status Location::published(const Entity& entity) {
  if (const std::string_view problem = problemWith(entity); !problem.empty()) {
    return error(400, "save", std::string(problem));
  }
  if (places_.put(entity, Places::Source::kPublished) == Places::Outcome::kFull) {
    return error(429, "save", "the index is full, see --max_entities");
  }
  if (evmicro::logEnabled("geo", evmicro::LogLevel::kDebug)) {
    evmicro::log("geo", evmicro::LogLevel::kDebug, "Saving entity ID " + entity.id());
  }
  return {};
}

void Location::Read(evmicro::Context, ReadRequest request, evmicro::Reply<ReadResponse> reply) {
  if (request.id().empty()) return reply.fail(error(400, "read", "Require Id"));
  const Entity* entity = places_.find(request.id());
  if (!entity) return reply.fail(error(404, "read", "Not found"));
  ReadResponse response;
  *response.mutable_entity() = *entity;
  reply.send(response);
}

void Location::Search(evmicro::Context, SearchRequest request,
                      evmicro::Reply<SearchResponse> reply) {
  if (!request.has_center()) return reply.fail(error(400, "search", "Require center"));
  const Position center = positionOf(request.center());
  if (!valid(center)) return reply.fail(error(400, "search", "center is not on Earth"));
  if (!(request.radius() >= 0)) {
    return reply.fail(error(400, "search", "radius must not be negative"));
  }
  if (request.numentities() < 0) {
    return reply.fail(error(400, "search", "numEntities must not be negative"));
  }
  const auto count = std::min(static_cast<std::size_t>(request.numentities()), kMostFound);
  SearchResponse response;
  for (const Entity* entity : places_.nearest(center, count, request.radius(), request.type())) {
    *response.add_entities() = *entity;
  }
  reply.send(response);
}

void Location::Snapshot(evmicro::Context, SnapshotRequest,
                        evmicro::ServerStream<SnapshotRequest, Entity> stream) {
  const auto sending = std::make_shared<Sending>(loop_, places_, stream);
  stream.onWritable([sending] { Sending::goOn(sending); });
  Sending::goOn(sending);
}

evmicro::Status Location::error(int code, const char* method, std::string detail) const {
  return evmicro::Status::error(code, name_ + "." + method, std::move(detail));
}

}  // namespace geo
