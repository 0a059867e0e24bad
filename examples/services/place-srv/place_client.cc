// Stores a place, finds it by its words, removes it, and asks Google what is near another one.
#include <evmicro/service.h>

#include "../say.h"
#include "place.evmicro.h"

int main(int argc, char** argv) {
  evmicro::ServiceOptions options;
  options.name = "place-client";
  evmicro::Service service(options);
  service.init(argc, argv);
  const LocationClient location("go.micro.srv.place", service.client());

  CreateRequest create;
  create.mutable_place()->set_id("yo");
  create.mutable_place()->set_name("Yo Sushi");
  create.mutable_place()->set_iata("LON");
  create.mutable_place()->add_tags("sushi");
  if (!say("Create", location.Create(create))) return 1;

  SearchRequest search;
  search.set_query("tags: sushi AND iata: LON");
  if (!say("Search", location.Search(search))) return 1;

  DeleteRequest remove;
  remove.set_id("yo");
  if (!say("Delete", location.Delete(remove))) return 1;

  const GoogleClient google("go.micro.srv.place", service.client());
  NearBySearchRequest near;
  near.mutable_location()->set_lat(-33.8670522);
  near.mutable_location()->set_lng(151.1957362);
  near.set_radius(500);
  return say("NearBySearch", google.NearBySearch(near),
             [](const NearBySearchResponse& response) {
               return response.results_size() == 0 ? response.status() : response.results(0).name();
             })
             ? 0
             : 1;
}
