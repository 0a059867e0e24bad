// Saves where a runner is, reads it, and looks who is around.
#include <ctime>
#include <iostream>

#include <evmicro/service.h>

#include "location.evmicro.h"

namespace {

int failed(const char* what, const evmicro::Status& status) {
  std::cerr << what << ": " << status.toString() << '\n';
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  evmicro::ServiceOptions options;
  options.name = "geo-client";
  evmicro::Service service(options);
  service.init(argc, argv);
  const LocationClient location("go.micro.srv.geo", service.client());

  SaveRequest save;
  Entity& runner = *save.mutable_entity();
  runner.set_id("id123");
  runner.set_type("runner");
  runner.mutable_location()->set_latitude(51.516509);
  runner.mutable_location()->set_longitude(0.124615);
  runner.mutable_location()->set_timestamp(std::time(nullptr));
  if (const auto saved = location.Save(save); !saved.ok()) return failed("Save", saved.status());
  std::cout << "Saved entity: " << runner.ShortDebugString() << '\n';

  ReadRequest read;
  read.set_id(runner.id());
  const auto found = location.Read(read);
  if (!found.ok()) return failed("Read", found.status());
  std::cout << "Read entity: " << found->entity().ShortDebugString() << '\n';

  SearchRequest search;
  *search.mutable_center() = runner.location();
  search.set_radius(500);
  search.set_type("runner");
  search.set_numentities(5);
  const auto around = location.Search(search);
  if (!around.ok()) return failed("Search", around.status());
  std::cout << "Search results:";
  for (const Entity& entity : around->entities())
    std::cout << " [" << entity.ShortDebugString() << ']';
  std::cout << '\n';
  return 0;
}
