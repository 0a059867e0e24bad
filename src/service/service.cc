#include <evmicro/service.h>

#include <csignal>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <stdexcept>

#include <unistd.h>

#include <evmicro/event_loop.h>

#include "base/hidden.h"
#include "base/log.h"
#include "broker/shared_broker.h"
#include "call/owned_done.h"
#include "service/defaults.h"
#include "service/descriptor_limit.h"
#include "service/flags.h"
#include "service/logging.h"
#include "service/protobuf_log.h"
#include "service/service_metrics.h"

namespace evmicro {

namespace {

// The parts of a Service, in the order in which they are made. Parts that may be the program's own
// are shared with it and with other services.
struct Parts {
  std::shared_ptr<Registry> registry;
  std::shared_ptr<ServiceView> view;
  std::shared_ptr<Transport> transport;
  std::shared_ptr<Broker> broker;
  std::shared_ptr<Selector> selector;
  std::unique_ptr<Client> client;
  std::unique_ptr<Server> server;
};

template <typename Part>
std::shared_ptr<Part> require(std::shared_ptr<Part> part, const char* what,
                              const std::string& name) {
  if (!part) throw std::invalid_argument(std::string("evmicro: no ") + what + " \"" + name + "\"");
  return part;
}

// The program's own part, or the one that `make` makes for `name`.
template <typename Part, typename Make, typename... From>
std::shared_ptr<Part> choose(const OwnPart<Part, From...>& own, const char* what,
                             const std::string& name, Make make, EventLoop& loop,
                             const ServiceOptions& options, From&... from) {
  if (!own) return require(std::shared_ptr<Part>(make()), what, name);
  return require(own.get(loop, options, from...), what, "of the program's own");
}

// Whether there are certificates that may be replaced.
bool usesTls(const ServiceOptions& options) {
  const TlsOptions& client = options.client.tls;
  return !options.server.tls.certificate.empty() || !client.certificate.empty() ||
         !client.caFile.empty() || !client.caPath.empty();
}

std::string programName(int argc, const char* const* argv) {
  const std::string path = argc > 0 ? argv[0] : "service";
  return path.substr(path.rfind('/') + 1);
}

}  // namespace

class EVMICRO_HIDDEN Service::Impl {
 public:
  Impl(EventLoop* borrowed, ServiceOptions options)
      : ownLoop_(borrowed ? nullptr : std::make_unique<EventLoop>()),
        loop_(borrowed ? *borrowed : *ownLoop_),
        options_(std::move(options)) {
    detail::followLog4cplus();
  }

  Result<Parsed> configure(int argc, const char* const* argv, std::string& output);
  Parts& parts();
  Server& server();
  Client& client();
  int run();
  void stop(Done stopped);
  Status reloadTls();

  // If signals cannot be watched, run() reports why.
  void initialised() {
    initialised_ = true;
    if (!mindSignals().ok()) leaveSignals();
  }
  const ServiceOptions& options() const noexcept { return options_; }
  EventLoop& loop() noexcept { return loop_; }

 private:
  Parts makeShared();
  void addClientAndServer(Parts& parts);
  Status mindSignals();
  void leaveSignals();
  void onSignal();

  std::unique_ptr<EventLoop> ownLoop_;
  EventLoop& loop_;
  ServiceOptions options_;  // holds parts, which must be destroyed before the loop
  std::optional<Parts> parts_;
  bool initialised_ = false;
  bool serving_ = false;  // the server is in use
  bool running_ = false;  // in run()
  bool signalled_ = false;
  enum class Stop { kNo, kBegun, kDone } stop_ = Stop::kNo;
  Status outcome_;
  Result<Subscription> interrupted_ = Status::invalid("not watched");
  Result<Subscription> terminated_ = Status::invalid("not watched");
  Result<Subscription> hungUp_ = Status::invalid("not watched");
};

Result<Service::Parsed> Service::Impl::configure(int argc, const char* const* argv,
                                                 std::string& output) {
  if (parts_) {
    throw std::logic_error("evmicro: Service::init() must be called before its parts are used");
  }
  const std::vector<detail::FlagSpec> flags = detail::serviceFlags(options_);
  const auto outcome = detail::parseFlags(flags, argc, argv);
  if (!outcome.ok()) return outcome.status();
  if (*outcome == detail::FlagsOutcome::kHelp) {
    output = detail::helpText(programName(argc, argv), flags);
    return Parsed::kInformed;
  }
  if (*outcome == detail::FlagsOutcome::kVersion) {
    output = options_.name + " version " + options_.version + "\n";
    return Parsed::kInformed;
  }
  Status addresses = detail::checkRegistryAddresses(options_);
  if (!addresses.ok()) return addresses;
  Status logging = detail::configureLogging(options_.logLevel, options_.logConfig);
  if (!logging.ok()) return logging;
  Status libraries = detail::loadLibraries(options_);
  if (!libraries.ok()) return libraries;
  if (loop_.ownsBase()) {  // the service owns the process
    detail::routeProtobufLog();
    detail::raiseDescriptorLimit();
  }
  return Parsed::kRun;
}

Parts& Service::Impl::parts() {
  if (!parts_) {
    Parts parts = makeShared();
    addClientAndServer(parts);
    parts_.emplace(std::move(parts));
  }
  return *parts_;
}

// The parts that client and server use.
Parts Service::Impl::makeShared() {
  const OwnParts& own = options_.own;
  if (own.view && !own.registry) {
    throw std::invalid_argument("evmicro: a view of the program's own needs a registry of its own");
  }
  Parts parts;
  parts.registry = choose(
      own.registry, "registry", options_.registry,
      [this] { return detail::makeRegistry(loop_, options_); }, loop_, options_);
  Registry& registry = *parts.registry;
  parts.view = choose(
      own.view, "view", "",
      [&] { return std::make_unique<ServiceView>(loop_, registry, detail::viewOptions(options_)); },
      loop_, options_, registry);
  ServiceView& view = *parts.view;
  parts.transport = choose(
      own.transport, "transport", options_.transport,
      [this] { return detail::makeTransport(loop_, options_); }, loop_, options_);
  parts.broker = choose(
      own.broker, "broker", options_.broker,
      [&] { return detail::makeBroker(loop_, registry, view, options_); }, loop_, options_,
      registry, view);
  // Other services still need a shared broker when this one stops.
  if (own.broker.shared()) parts.broker = detail::shareBroker(loop_, std::move(parts.broker));
  parts.selector = choose(
      own.selector, "selector", options_.selector,
      [&] { return detail::makeSelector(view, options_); }, loop_, options_, view);
  return parts;
}

void Service::Impl::addClientAndServer(Parts& parts) {
  ClientOptions client = options_.client;
  client.name = options_.name;
  if (options_.clientTransport == "grpc") client.protocol = CallProtocol::kGrpc;
  if (options_.clientTransport == "auto") client.protocol = CallProtocol::kAuto;
  client.codecs.insert(options_.codecs.begin(), options_.codecs.end());
  parts.client = std::make_unique<Client>(loop_, *parts.transport, *parts.selector, *parts.broker,
                                          std::move(client));
  ServerOptions server = options_.server;
  server.name = options_.name;
  server.version = options_.version;
  server.metadata = options_.metadata;
  server.codecs.insert(options_.codecs.begin(), options_.codecs.end());
  parts.server = std::make_unique<Server>(loop_, *parts.transport, *parts.registry, *parts.broker,
                                          std::move(server));
  // The server is destroyed before the other parts.
  parts.server->collect([&server = *parts.server, &client = *parts.client, &view = *parts.view,
                         &broker = *parts.broker](Metrics& metrics) {
    detail::collectView(view.stats(), metrics);
    detail::collectOutliers(client.outlierStats(), metrics);
    detail::collectClient(client.stats(), metrics);
    detail::collectBroker(broker.stats(), metrics);
    detail::collectSubscribers(server.subscriberStats(), metrics);
  });
}

// From init() on a service with a loop of its own handles signals; in a program that only calls
// services they keep their default action.
Status Service::Impl::mindSignals() {
  if (!ownLoop_ || interrupted_.ok()) return {};
  interrupted_ = loop_.onSignal(SIGINT, [this] { onSignal(); });
  if (interrupted_.ok()) terminated_ = loop_.onSignal(SIGTERM, [this] { onSignal(); });
  if (terminated_.ok() && usesTls(options_)) {
    hungUp_ = loop_.onSignal(SIGHUP, [this] { static_cast<void>(reloadTls()); });
  }
  const auto& last = interrupted_.ok() ? terminated_ : interrupted_;
  return last.ok() ? Status() : last.status();
}

Server& Service::Impl::server() {
  Server& server = *parts().server;
  serving_ = true;
  if (initialised_) initialised();
  return server;
}

Client& Service::Impl::client() {
  Client& client = *parts().client;
  if (!serving_) leaveSignals();
  return client;
}

void Service::Impl::leaveSignals() {
  interrupted_ = Status::invalid("not watched");
  terminated_ = Status::invalid("not watched");
  hungUp_ = Status::invalid("not watched");
}

Status Service::Impl::reloadTls() {
  Status first = parts().server->reloadTls();
  Status client = parts().transport->reloadTls();
  if (first.ok()) first = std::move(client);
  Status broker = parts().broker->reloadTls();
  if (first.ok()) first = std::move(broker);
  if (first.ok()) {
    EVMICRO_LOG_INFO("service", "TLS certificates reloaded");
  } else {
    EVMICRO_LOG_ERROR("service", "TLS certificates not reloaded: " << first.detail());
  }
  return first;
}

// The first signal stops the service in order, the second kills the process.
void Service::Impl::onSignal() {
  if (std::exchange(signalled_, true)) {
    EVMICRO_LOG_WARN("service", "Second signal: exiting immediately");
    ::_exit(1);
  }
  stop([this](const Status&) { loop_.stop(); });
}

// Messages that handlers publish while the server drains are sent, too.
void Service::Impl::stop(Done stopped) {
  if (stop_ == Stop::kNo) stop_ = Stop::kBegun;
  parts().server->stop([this, stopped = std::move(stopped)](Status status) {
    parts().broker->stop([this, stopped, status = std::move(status)] {
      stop_ = Stop::kDone;
      if (running_) loop_.stop();
      if (stopped) stopped(status);  // may destroy this object
    });
  });
}

int Service::Impl::run() {
  Server& server = this->server();
  Status turned = mindSignals();
  if (turned.ok()) {
    const auto fail = [this](Status why) {
      outcome_ = std::move(why);
      loop_.stop();
    };
    server.onFailure(fail);
    parts().broker->onFailure(fail);
    if (stop_ == Stop::kNo) {
      server.start([fail](Status status) {
        if (!status.ok()) fail(std::move(status));
      });
    }
    running_ = true;
    if (stop_ != Stop::kDone) turned = loop_.run();
    running_ = false;
  }
  if (outcome_.ok() && !turned.ok()) outcome_ = turned;
  if (outcome_.ok()) return 0;
  std::cerr << outcome_.toString() << std::endl;
  return 1;
}

Service::Service(ServiceOptions options)
    : impl_(std::make_unique<Impl>(nullptr, std::move(options))) {}
Service::Service(EventLoop& loop, ServiceOptions options)
    : impl_(std::make_unique<Impl>(&loop, std::move(options))) {}
Service::~Service() = default;

void Service::init(int argc, const char* const* argv) {
  std::string output;
  const auto parsed = configure(argc, argv, output);
  if (!parsed.ok()) {
    std::cerr << programName(argc, argv) << ": " << parsed.status().detail() << std::endl;
    std::exit(2);
  }
  if (*parsed == Parsed::kRun) return impl_->initialised();
  std::cout << output << std::flush;
  std::exit(0);
}

Result<Service::Parsed> Service::configure(int argc, const char* const* argv, std::string& output) {
  return impl_->configure(argc, argv, output);
}

const ServiceOptions& Service::options() const noexcept { return impl_->options(); }
EventLoop& Service::loop() noexcept { return impl_->loop(); }
Registry& Service::registry() { return *impl_->parts().registry; }
ServiceView& Service::serviceView() { return *impl_->parts().view; }
Broker& Service::broker() { return *impl_->parts().broker; }
Server& Service::server() { return impl_->server(); }
Client& Service::client() { return impl_->client(); }
Pending Service::start(Done started) { return server().start(std::move(started)); }
Pending Service::stop(Done stopped) {
  auto owned = std::make_shared<detail::OwnedDone>(std::move(stopped));
  impl_->stop(detail::OwnedDone::of(owned));
  return Pending(std::move(owned));
}
int Service::run() { return impl_->run(); }
Status Service::reloadTls() { return impl_->reloadTls(); }

}  // namespace evmicro
