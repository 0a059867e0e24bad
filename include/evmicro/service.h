#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <evmicro/broker.h>
#include <evmicro/client.h>
#include <evmicro/export.h>
#include <evmicro/registry.h>
#include <evmicro/server.h>
#include <evmicro/service_view.h>
#include <evmicro/status.h>
#include <evmicro/tls.h>

namespace evmicro {

class EventLoop;

/// A flag of the program's own, beside those of evmicro: `--name=value`, `--name value`, and for
/// a bool also `--name`. As environment variable: the name in capitals.
struct Flag {
  std::string name;
  std::string help;
  /// Where the value goes; what it holds before is the default. Must outlive init().
  std::variant<bool*, int*, std::string*> value;
};

/// What a service is made of. Every field that has a flag can be overridden: code comes first, then
/// the environment `MICRO_<FLAG>`, then the command line. Durations there have Go's syntax
/// (`500ms`, `1m30s`) or are plain seconds.
struct ServiceOptions {
  std::string name = "go-server";               ///< --server_name
  std::string version = "1.0.0";                ///< --server_version
  std::map<std::string, std::string> metadata;  ///< --server_metadata key=value, may be repeated
  ServerOptions server;             ///< its name, version and metadata are set from above
  ClientOptions client;             ///< its name is set from above
  std::string registry = "consul";  ///< --registry: consul, etcd, memory
  std::vector<std::string> registryAddresses;  ///< --registry_address a,b: tried in order
  std::string registryToken;                   ///< --registry_token
  TlsOptions registryTls;                      ///< --registry_ca_file and others, see --help
  std::string transport = "http";              ///< --transport: http, evhttp
  std::string selector = "random";             ///< --selector: see selector.h
  std::string broker = "http";                 ///< --broker: http, memory, nats
  std::string brokerAddress;      ///< --broker_address: where http listens; servers of nats
  std::string brokerAdvertise;    ///< --broker_advertise: as ServerOptions::advertise
  std::string logLevel = "info";  ///< --log_level: debug, info, warn, error, off
  std::string logConfig;          ///< --log_config: a log4cplus properties file
  std::vector<Flag> flags;
};

/// A Client and a Server with what they stand on, and the life of a program around them.
///
/// The parts are made at the first use of server(), client(), start() or run(): call init() before.
class EVMICRO_EXPORT Service {
 public:
  using Done = std::function<void(Status)>;

  /// Makes an event loop of its own.
  explicit Service(ServiceOptions options);
  /// Works on `loop`, which must outlive it. Then start() and stop() instead of run(), unless the
  /// loop owns its base.
  Service(EventLoop& loop, ServiceOptions options);
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;
  ~Service();

  /// Reads the environment and the command line, and configures logging unless the process has.
  /// --help and --version: prints, exits with 0. A flag that makes no sense: a message on stderr,
  /// exits with 2. @pre nothing made yet
  void init(int argc, const char* const* argv);
  /// The same without leaving the process: `output` receives the text of --help or --version.
  enum class Parsed { kRun, kInformed };
  Result<Parsed> configure(int argc, const char* const* argv, std::string& output);

  const ServiceOptions& options() const noexcept;
  EventLoop& loop() noexcept;
  Registry& registry();
  /// What is known of the services in use; shared by all parts.
  ServiceView& serviceView();
  Broker& broker();
  Server& server();
  Client& client();

  /// Listens and registers, then `started`. See Server::start.
  void start(Done started);
  /// Deregisters, drains, sends what is still to be published, closes, then `stopped`. See
  /// Server::stop and Broker::stop.
  void stop(Done stopped);
  /// Starts, turns the loop until SIGINT or SIGTERM, stops. A second signal ends it at once.
  /// Returns what main() returns: 0 when it ended cleanly, 1 after a failure, which is on stderr.
  int run();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace evmicro
