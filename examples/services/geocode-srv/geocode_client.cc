// Asks where an address is, and which address is there.
#include <evmicro/service.h>

#include "../say.h"
#include "google.evmicro.h"

namespace {

// What the first result is, or why there is none.
template <typename Response>
std::string first(const Response& response) {
  if (response.results_size() == 0) return response.status() + " " + response.error_message();
  const Result& result = response.results(0);
  return result.formatted_address() + " [" + result.geometry().location().ShortDebugString() + "]";
}

}  // namespace

int main(int argc, char** argv) {
  evmicro::ServiceOptions options;
  options.name = "geocode-client";
  evmicro::Service service(options);
  service.init(argc, argv);
  const GoogleClient google("go.micro.srv.geocode", service.client());

  GeocodeRequest address;
  address.set_address("Charing Cross, London");
  if (!say("Geocode", google.Geocode(address), first<GeocodeResponse>)) return 1;

  ReverseRequest place;
  place.mutable_latlng()->set_lat(51.508359);
  place.mutable_latlng()->set_lng(-0.124803);
  return say("ReverseGeocode", google.ReverseGeocode(place), first<ReverseResponse>) ? 0 : 1;
}
