#include "server/grpc_health.h"

#include <utility>

namespace evmicro::detail {

void GrpcHealth::addTo(Server& server) {
  HandleOptions hidden;
  hidden.announce = HandleOptions::Announce::kNo;
  server.handle<Request, Response>(
      "grpc.health.v1.Health.Check",
      [this](Context&, const Request& request, Response& response) {
        return check(request, response);
      },
      hidden);
  server.handleStream<Request, Response>(
      "grpc.health.v1.Health.Watch",
      [this](const Context& context, const Request& request, Watching stream) {
        watch(context, request, std::move(stream));
      },
      hidden);
}

bool GrpcHealth::knows(const std::string& service) const {
  if (service.empty()) return true;
  if (methods_.packageOf(service).has_value()) return true;
  const std::size_t dot = service.rfind('.');
  if (dot == std::string::npos) return false;
  return methods_.packageOf(service.substr(dot + 1)) == service.substr(0, dot);
}

GrpcHealth::Response::ServingStatus GrpcHealth::status(bool known) const {
  if (!known) return Response::SERVICE_UNKNOWN;
  return serving_ ? Response::SERVING : Response::NOT_SERVING;
}

Status GrpcHealth::check(const Request& request, Response& response) const {
  if (!knows(request.service())) return Status::notFound("unknown service " + request.service());
  response.set_status(status(true));
  return {};
}

// The caller has ended its side with the request: only its context tells when it goes.
void GrpcHealth::watch(const Context& context, const Request& request, Watching stream) {
  const bool known = knows(request.service());
  Response now;
  now.set_status(status(known));
  stream.send(now);
  const auto place = watchers_.insert(watchers_.end(), {std::move(stream), known, {}});
  place->gone = context.onDone([this, place] { watchers_.erase(place); });
}

void GrpcHealth::setServing(bool serving) {
  if (std::exchange(serving_, serving) == serving) return;
  for (Watcher& watcher : watchers_) {
    if (!watcher.known) continue;
    Response now;
    now.set_status(status(true));
    watcher.stream.send(now);
  }
}

// Each end runs onDone, which erases the entry.
void GrpcHealth::end() {
  std::list<Watcher> all = std::move(watchers_);
  watchers_.clear();
  for (Watcher& watcher : all) {
    watcher.gone.cancel();
    watcher.stream.finish(Status::unavailable("the server is stopping"));
  }
}

}  // namespace evmicro::detail
