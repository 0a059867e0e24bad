// Asks whether the API is up, and when a taxi could come.
#include <evmicro/service.h>

#include "../say.h"
#include "hailo.evmicro.h"

int main(int argc, char** argv) {
  evmicro::ServiceOptions options;
  options.name = "hailo-client";
  evmicro::Service service(options);
  service.init(argc, argv);

  const ApiClient api("go.micro.srv.hailo", service.client());
  if (!say("Status", api.Status({}))) return 1;

  const DriversClient drivers("go.micro.srv.hailo", service.client());
  EtaRequest here;
  here.set_latitude(51.510761);
  here.set_longitude(-0.1174437);
  return say("Eta", drivers.Eta(here)) ? 0 : 1;
}
