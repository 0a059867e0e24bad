#include "service/defaults.h"

#include <algorithm>

#include <evmicro/consul_registry.h>
#include <evmicro/etcd_registry.h>
#include <evmicro/evhttp_transport.h>
#include <evmicro/http_broker.h>
#include <evmicro/http_transport.h>
#include <evmicro/memory_broker.h>
#include <evmicro/memory_registry.h>
#include <evmicro/nats_broker.h>

#include "broker/nats_library.h"
#include "http/curl_library.h"
#include "net/http_address.h"
#include "service/flags.h"
#include "transport/http_only.h"

namespace evmicro::detail {

std::vector<std::string> registryNames() { return {"consul", "etcd", "memory"}; }
std::vector<std::string> transportNames() { return {"http", "evhttp"}; }
std::vector<std::string> brokerNames() {
  std::vector<std::string> names = {"http", "memory"};
  if (haveNatsBroker()) names.emplace_back("nats");
  return names;
}
std::vector<std::string> selectorNames() {
  return {"random", "roundrobin", "leastconn", "blacklist"};
}
std::vector<std::string> logLevelNames() { return {"debug", "info", "warn", "error", "off"}; }

Status loadLibraries(const ServiceOptions& options) {
  const bool byHttp = options.registry == "consul" || options.registry == "etcd";
  if (!options.own.registry && byHttp) {
    if (const Status loaded = loadCurl(); !loaded.ok()) {
      return Status::internal("registry: " + options.registry + ": " + loaded.detail());
    }
  }
  if (!options.own.broker && options.broker == "nats") {
    if (const Status loaded = loadNats(); !loaded.ok()) {
      return Status::internal("broker: nats: " + loaded.detail());
    }
  }
  return {};
}

Status checkRegistryAddresses(const ServiceOptions& options) {
  const bool byHttp = options.registry == "consul" || options.registry == "etcd";
  if (options.own.registry || !byHttp) return {};
  for (const std::string& address : options.registryAddresses) {
    const auto parsed = HttpAddress::parse("registry", address, "");
    if (!parsed.ok()) return parsed.status();
  }
  return {};
}

std::unique_ptr<Registry> makeRegistry(EventLoop& loop, const ServiceOptions& options) {
  if (options.registry == "memory") return makeMemoryRegistry(loop);
  if (options.registry == "etcd") {
    EtcdOptions etcd;
    etcd.addresses = options.registryAddresses;
    etcd.tls = options.registryTls;
    return makeEtcdRegistry(loop, etcd);
  }
  if (options.registry != "consul") return nullptr;
  ConsulOptions consul;
  consul.addresses = options.registryAddresses;
  consul.token = options.registryToken;
  consul.tls = options.registryTls;
  return makeConsulRegistry(loop, consul);
}

// The services of one system usually have the same TTL.
ServiceViewOptions viewOptions(const ServiceOptions& options) {
  ServiceViewOptions view;
  if (options.server.registerTtl.count() > 0) view.keepLost = options.server.registerTtl;
  return view;
}

std::unique_ptr<Transport> makeTransport(EventLoop& loop, const ServiceOptions& options) {
  if (options.transport == "evhttp") return makeEvhttpTransport(loop);
  if (options.transport != "http") return nullptr;
  return options.serverGrpc ? makeHttpTransport(loop) : makeHttp1Transport(loop);
}

std::unique_ptr<Broker> makeBroker(EventLoop& loop, Registry& registry, ServiceView& view,
                                   const ServiceOptions& options) {
  if (options.broker == "memory") return makeMemoryBroker(loop);
  if (options.broker == "nats") {
    NatsBrokerOptions nats;
    nats.addresses = splitList(options.brokerAddress);
    nats.credentials = options.brokerCredentials;
    nats.tls = options.brokerTls;
    nats.timeout = options.client.requestTimeout;
    nats.drain = options.server.drain / 2;  // for withdraw() and for stop()
    return makeNatsBroker(loop, std::move(nats));
  }
  if (options.broker != "http") return nullptr;
  HttpBrokerOptions http;
  if (!options.brokerAddress.empty()) http.address = options.brokerAddress;
  http.advertise = options.brokerAdvertise;
  http.limits = options.server.limits;
  // At least as often as the service: views keep what a registry has lost for about that long. The
  // TTL stays go-micro's, a minute.
  if (const auto interval = options.server.registerInterval; interval.count() > 0) {
    http.registerInterval = std::min(http.registerInterval, interval);
  }
  if (options.brokerTlsInbox) {
    http.serverTls = std::make_shared<const TlsOptions>(options.server.tls);
  }
  http.clientTls = std::make_shared<const TlsOptions>(options.client.tls);
  return makeHttpBroker(loop, registry, view, std::move(http));
}

std::unique_ptr<Selector> makeSelector(ServiceView& view, const ServiceOptions& options) {
  if (options.selector == "random") return makeRandomSelector(view);
  if (options.selector == "roundrobin") return makeRoundRobinSelector(view);
  if (options.selector == "leastconn") return makeLeastConnSelector(view);
  if (options.selector == "blacklist") return makeBlacklistSelector(view);
  return nullptr;
}

}  // namespace evmicro::detail
