#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <evmicro/broker.h>
#include <evmicro/broker_credentials.h>
#include <evmicro/client.h>
#include <evmicro/codec.h>
#include <evmicro/event_loop.h>
#include <evmicro/export.h>
#include <evmicro/pending.h>
#include <evmicro/registry.h>
#include <evmicro/selector.h>
#include <evmicro/server.h>
#include <evmicro/service_view.h>
#include <evmicro/status.h>
#include <evmicro/tls.h>
#include <evmicro/transport.h>

namespace evmicro {

/// A flag of the program's own, beside those of evmicro: `--name=value`, `--name value`, and for
/// a bool also `--name`. As environment variable: the name in capitals.
struct Flag {
  std::string name;
  std::string help;
  /// Where the value goes; what it holds before is the default. Must outlive init().
  std::variant<bool*, int*, std::string*> value;
};

struct ServiceOptions;

/// A part that the program brings: an object, which several services may share, or a function that
/// makes one when the service needs it, from the loop, the options as the flags have left them and
/// whatever parts come before it.
template <typename Part, typename... From>
class OwnPart {
 public:
  using Make = std::function<std::shared_ptr<Part>(EventLoop&, const ServiceOptions&, From&...)>;

  OwnPart() = default;
  /// Made on the service's loop, by the program: it lives as long as the last who holds it.
  template <typename T, typename = std::enable_if_t<std::is_convertible_v<T*, Part*>>>
  OwnPart(std::shared_ptr<T> part) : part_(std::move(part)) {}
  /// `make` returns a shared_ptr or unique_ptr to a Part.
  template <typename F, typename = std::enable_if_t<std::is_constructible_v<Make, F>>,
            typename = std::enable_if_t<!std::is_convertible_v<F, std::shared_ptr<Part>>>>
  OwnPart(F make) : make_(std::move(make)) {}

  /// Whether there is one.
  explicit operator bool() const noexcept { return part_ || make_; }
  /// Whether it is an object that others may hold, too.
  bool shared() const noexcept { return part_ != nullptr; }
  std::shared_ptr<Part> get(EventLoop& loop, const ServiceOptions& options, From&... from) const {
    return part_ ? part_ : make_(loop, options, from...);
  }

 private:
  std::shared_ptr<Part> part_;  // the service's and the program's
  Make make_;
};

/// Parts that take the place of those with names. What is set here wins over the flag, and its
/// name() stands in the node's metadata.
///
/// Two services of one process share a part when both are given the same object. Services and
/// program may then be destroyed in any order, but the loop comes last. stop() of a service leaves
/// a shared broker open for the others, and ends the service's own subscriptions alone; stop() it
/// when no service needs it any more.
struct OwnParts {
  OwnPart<Registry> registry;
  /// Looks into the registry: std::invalid_argument when given without the registry it looks into.
  OwnPart<ServiceView, Registry> view;
  OwnPart<Transport> transport;
  OwnPart<Broker, Registry, ServiceView> broker;
  OwnPart<Selector, ServiceView> selector;
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
  std::string brokerAddress;            ///< --broker_address: where http listens; servers of nats
  std::string brokerAdvertise;          ///< --broker_advertise: as ServerOptions::advertise
  BrokerCredentials brokerCredentials;  ///< --broker_user and others, see --help
  TlsOptions brokerTls;                 ///< --broker_ca_file and others, see --help
  std::string logLevel = "info";        ///< --log_level: debug, info, warn, error, off
  std::string logConfig;                ///< --log_config: a log4cplus properties file
  OwnParts own;                         ///< instead of the parts with names
  Codecs codecs;  ///< content types beside those that evmicro knows, of server and client
  std::vector<Flag> flags;
};

/// A Client and a Server with what they stand on, and the life of a program around them.
///
/// The parts are made at the first use of server(), client(), start() or run(): call init() before.
/// A name that nobody has, and a function of OwnParts that returns nothing: std::invalid_argument.
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
  /// exits with 2. Once a part is made: std::logic_error. A service with a loop of its own minds
  /// SIGINT and SIGTERM from here on: run() then ends at once and in order. A program that uses
  /// client() and never server() is ended by them as any other.
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

  /// Listens and registers, then `started`, which may be empty. See Server::start.
  Pending start(Done started);
  /// Deregisters, drains, sends what is still to be published, closes, then `stopped`, which may be
  /// empty. Ends run() when that runs, whoever calls this. See Server::stop and Broker::stop.
  Pending stop(Done stopped);
  /// Starts, turns the loop until SIGINT, SIGTERM or stop(), stops. A second signal ends the
  /// process at once. Returns what main() returns: 0 when it ended cleanly, 1 after a failure,
  /// which is on stderr.
  int run();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace evmicro
