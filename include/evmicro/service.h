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

/// A flag that the program adds to those of evmicro: `--name=value`, `--name value`, and for a bool
/// also `--name`. The environment variable has the flag's name in capitals.
struct Flag {
  std::string name;  ///< without the dashes: `server_address`
  std::string help;  ///< one line for --help
  /// Where the value is stored; its initial content is the default. Must outlive init().
  std::variant<bool*, int*, std::string*> value;
};

struct ServiceOptions;

/// A part that the program supplies: an object, which several services may share, or a factory that
/// the service calls when it needs the part. The factory gets the loop, the options after all flags
/// have been applied, and the parts that this one depends on.
template <typename Part, typename... From>
class OwnPart {
 public:
  /// Makes the part when the flags are known.
  using Make = std::function<std::shared_ptr<Part>(EventLoop&, const ServiceOptions&, From&...)>;

  OwnPart() = default;
  /// An object that the program has made on the service's loop. It lives until its last owner has
  /// released it.
  template <typename T, typename = std::enable_if_t<std::is_convertible_v<T*, Part*>>>
  OwnPart(std::shared_ptr<T> part) : part_(std::move(part)) {}
  /// A factory: returns a shared_ptr or unique_ptr to a Part.
  template <typename F, typename = std::enable_if_t<std::is_constructible_v<Make, F>>,
            typename = std::enable_if_t<!std::is_convertible_v<F, std::shared_ptr<Part>>>>
  OwnPart(F make) : make_(std::move(make)) {}

  /// Whether a part was supplied.
  explicit operator bool() const noexcept { return part_ || make_; }
  /// Whether it is an object, which others may share, and not a factory.
  bool shared() const noexcept { return part_ != nullptr; }
  std::shared_ptr<Part> get(EventLoop& loop, const ServiceOptions& options, From&... from) const {
    return part_ ? part_ : make_(loop, options, from...);
  }

 private:
  std::shared_ptr<Part> part_;  // the service's and the program's
  Make make_;
};

/// Parts that replace the built-in ones. A part set here takes precedence over the flag, and its
/// name() appears in the node's metadata.
///
/// Two services of one process share a part when both are given the same object. The services and
/// the program's own references may then be destroyed in any order, but the loop last. Stopping a
/// service ends only its own subscriptions and leaves a shared broker open for the others; call the
/// broker's stop() when no service needs it any more.
struct OwnParts {
  /// In place of the parts that the flags name.
  OwnPart<Registry> registry;
  /// Reads from the registry. Supplied without its registry: std::invalid_argument.
  OwnPart<ServiceView, Registry> view;
  OwnPart<Transport> transport;
  OwnPart<Broker, Registry, ServiceView> broker;
  OwnPart<Selector, ServiceView> selector;
};

/// How a service is configured. Every field that has a flag can be overridden: the environment
/// variable `MICRO_<FLAG>` overrides the code, and the command line overrides both. Durations are
/// given in Go's syntax (`500ms`, `1m30s`) or as plain seconds.
struct EVMICRO_EXPORT ServiceOptions {
  // Not inline: they would be compiled in each main().
  ServiceOptions();
  ServiceOptions(const ServiceOptions& other);
  ServiceOptions(ServiceOptions&& other) noexcept;
  ServiceOptions& operator=(const ServiceOptions& other);
  ServiceOptions& operator=(ServiceOptions&& other) noexcept;
  ~ServiceOptions();

  std::string name = "go-server";               ///< --server_name
  std::string version = "1.0.0";                ///< --server_version
  std::map<std::string, std::string> metadata;  ///< --server_metadata key=value, may be repeated
  ServerOptions server;                        ///< name, version and metadata are copied from above
  ClientOptions client;                        ///< the name is copied from above
  std::string registry = "consul";             ///< --registry: consul, etcd, memory
  std::vector<std::string> registryAddresses;  ///< --registry_address a,b: tried in order
  std::string registryToken;                   ///< --registry_token
  TlsOptions registryTls;                      ///< --registry_ca_file and others, see --help
  std::string transport = "http";              ///< --transport: http, evhttp
  bool serverGrpc = true;  ///< --server_grpc: gRPC, and HTTP/2, on the same port (transport http)
  /// --client_transport: http (what `transport` is), grpc or auto; sets `client.protocol`
  std::string clientTransport = "http";
  std::string selector = "random";  ///< --selector: see selector.h
  std::string broker = "http";      ///< --broker: http, memory, nats
  std::string brokerAddress;        ///< --broker_address: where http listens; the servers of nats
  std::string brokerAdvertise;      ///< --broker_advertise: as ServerOptions::advertise
  BrokerCredentials brokerCredentials;  ///< --broker_user and others, see --help
  TlsOptions brokerTls;                 ///< --broker_ca_file and others, see --help
  bool brokerTlsInbox = false;          ///< --broker_tls: the http broker receives by `server.tls`
  std::string logLevel = "info";        ///< --log_level: debug, info, warn, error, off
  std::string logConfig;                ///< --log_config: a log4cplus properties file
  OwnParts own;                         ///< parts that replace the built-in ones
  Codecs codecs;                        ///< further content types, for server and client
  std::vector<Flag> flags;              ///< of the program, in addition to these
};

/// A Client and a Server with everything they depend on, and a program's life cycle: flags,
/// logging, start, signals, stop.
///
/// The parts are made by the first call of server(), client(), start(), run() or another accessor:
/// call init() before. An unknown name, or a factory in OwnParts that returns null, throws
/// std::invalid_argument there.
class EVMICRO_EXPORT Service {
 public:
  /// The outcome of starting or stopping.
  using Done = std::function<void(Status)>;

  /// Makes an event loop of its own.
  explicit Service(ServiceOptions options);
  /// Works on `loop`, which must outlive it. Use start() and stop() then; run() needs a loop that
  /// owns its base.
  Service(EventLoop& loop, ServiceOptions options);
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;
  ~Service();

  /// Reads the environment and the command line, and configures logging unless the process has done
  /// so. For --help and --version it prints and exits with 0. For an invalid flag it prints a
  /// message to stderr and exits with 2. Throws std::logic_error if a part has already been made. A
  /// service that owns its loop handles SIGINT and SIGTERM from here on: one that arrives before
  /// run() makes run() return at once after an orderly stop. In a program that uses client() and
  /// never server(), the signals keep their default action.
  void init(int argc, const char* const* argv);
  /// The same without exiting: `output` receives the text of --help or --version.
  enum class Parsed { kRun, kInformed };
  Result<Parsed> configure(int argc, const char* const* argv, std::string& output);

  /// What the service was made with, after init() with the flags.
  const ServiceOptions& options() const noexcept;
  /// The loop that everything runs on.
  EventLoop& loop() noexcept;
  /// The parts. They are made when they are first asked for, or by start().
  Registry& registry();
  /// What the process knows of the services it uses; shared by all parts.
  ServiceView& serviceView();
  Broker& broker();
  Server& server();
  Client& client();

  /// Listens and registers, then calls `started`, which may be empty. See Server::start.
  Pending start(Done started);
  /// Deregisters, drains, sends the publications that are still queued, closes everything, then
  /// calls `stopped`, which may be empty. Also makes a running run() return. See Server::stop and
  /// Broker::stop.
  Pending stop(Done stopped);
  /// Starts the service, turns the loop until SIGINT, SIGTERM or stop(), and stops it. A second
  /// signal kills the process. Returns the exit code for main(): 0 after a clean stop, 1 after a
  /// failure, which has been written to stderr.
  int run();
  /// Reads the TLS certificates of server, client and broker again, as SIGHUP does if TLS is in use
  /// and the service handles signals. Open connections are not affected. If there is an error the
  /// old certificates stay in use.
  Status reloadTls();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace evmicro
