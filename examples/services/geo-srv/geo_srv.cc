// go.micro.srv.geo: where things are, and which are nearest to a place.
#include <algorithm>
#include <chrono>

#include <evmicro/service.h>

#include "location.h"
#include "newcomer.h"
#include "places.h"

int main(int argc, char** argv) {
  using namespace std::chrono_literals;
  int mostEntities = 5'000'000;
  evmicro::ServiceOptions options;
  options.name = "go.micro.srv.geo";
  options.server.registerTtl = 60s;
  options.server.registerInterval = 30s;
  options.flags = {{"max_entities", "Entities that are kept; new ones beyond are refused with 429",
                    &mostEntities}};
  evmicro::Service service(options);
  service.init(argc, argv);

  geo::Places places(static_cast<std::size_t>(std::max(mostEntities, 0)));
  geo::Location location(service.options().name, places, service.loop(), service.client());
  registerLocationHandler(service.server(), location);
  evmicro::SubscriberOptions subscriber;
  subscriber.name = "Location.Saved";
  service.server().subscribe<Entity>(
      geo::kTopic,
      [&](evmicro::Context&, const Entity& entity) { return location.published(entity); },
      subscriber);
  service.server().collect([&](evmicro::Metrics& metrics) {
    metrics.gauge("geo_entities", "Entities in the index.", static_cast<double>(places.size()));
  });

  geo::Newcomer newcomer(service, places);
  newcomer.catchUp();
  newcomer.catchUpAgainSoon();
  return service.run();
}
