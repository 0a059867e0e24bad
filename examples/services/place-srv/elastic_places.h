#pragma once

#include <memory>
#include <string>
#include <vector>

#include <evmicro/event_loop.h>
#include <evmicro/tls.h>

#include "places.h"

namespace place {

/// Places in the index `places` of Elasticsearch, which understands the queries. `hosts`:
/// `host:port` or `https://host:port`, not empty; the next one is used when one fails. `type`:
/// `_doc`, or what versions before 7 have in the path instead. `tls` is for hosts that begin with
/// `https://`. What has been put is found after Elasticsearch's refresh interval (a second). `loop`
/// must outlive it.
std::unique_ptr<Places> makeElasticPlaces(evmicro::EventLoop& loop, std::vector<std::string> hosts,
                                          std::string type, evmicro::TlsOptions tls);

}  // namespace place
