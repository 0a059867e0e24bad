#include <evmicro/service.h>

#include <csignal>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <stdexcept>

#include <unistd.h>

#include <evmicro/event_loop.h>

#include "base/log.h"
#include "service/defaults.h"
#include "service/flags.h"
#include "service/logging.h"
#include "service/service_metrics.h"

namespace evmicro {

namespace {

// What a Service stands on, in the order in which it is made.
struct Parts {
  std::unique_ptr<Registry> registry;
  std::unique_ptr<ServiceView> view;
  std::unique_ptr<Transport> transport;
  std::unique_ptr<Broker> broker;
  std::unique_ptr<Selector> selector;
  std::unique_ptr<Client> client;
  std::unique_ptr<Server> server;
};

template <typename Part>
std::unique_ptr<Part> require(std::unique_ptr<Part> part, const char* what,
                              const std::string& name) {
  if (!part) throw std::invalid_argument(std::string("evmicro: no ") + what + " \"" + name + "\"");
  return part;
}

std::string programName(int argc, const char* const* argv) {
  const std::string path = argc > 0 ? argv[0] : "service";
  return path.substr(path.rfind('/') + 1);
}

}  // namespace

class Service::Impl {
 public:
  Impl(EventLoop* borrowed, ServiceOptions options)
      : options_(std::move(options)),
        ownLoop_(borrowed ? nullptr : std::make_unique<EventLoop>()),
        loop_(borrowed ? *borrowed : *ownLoop_) {
    detail::followLog4cplus();
  }

  Result<Parsed> configure(int argc, const char* const* argv, std::string& output);
  Parts& parts();
  int run();
  void stop(Done stopped);

  const ServiceOptions& options() const noexcept { return options_; }
  EventLoop& loop() noexcept { return loop_; }

 private:
  void onSignal();

  ServiceOptions options_;
  std::unique_ptr<EventLoop> ownLoop_;
  EventLoop& loop_;
  std::optional<Parts> parts_;
  bool stopping_ = false;
  Status outcome_;
};

Result<Service::Parsed> Service::Impl::configure(int argc, const char* const* argv,
                                                 std::string& output) {
  if (parts_) throw std::logic_error("evmicro: Service::init() comes before its parts are used");
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
  Status logging = detail::configureLogging(options_.logLevel, options_.logConfig);
  if (!logging.ok()) return logging;
  return Parsed::kRun;
}

Parts& Service::Impl::parts() {
  if (parts_) return *parts_;
  Parts parts;
  parts.registry = require(detail::makeRegistry(loop_, options_), "registry", options_.registry);
  parts.view = std::make_unique<ServiceView>(loop_, *parts.registry);
  parts.transport =
      require(detail::makeTransport(loop_, options_), "transport", options_.transport);
  parts.broker = require(detail::makeBroker(loop_, *parts.registry, *parts.view, options_),
                         "broker", options_.broker);
  parts.selector =
      require(detail::makeSelector(*parts.view, options_), "selector", options_.selector);
  ClientOptions client = options_.client;
  client.name = options_.name;
  parts.client = std::make_unique<Client>(loop_, *parts.transport, *parts.selector, *parts.broker,
                                          std::move(client));
  ServerOptions server = options_.server;
  server.name = options_.name;
  server.version = options_.version;
  server.metadata = options_.metadata;
  parts.server = std::make_unique<Server>(loop_, *parts.transport, *parts.registry, *parts.broker,
                                          std::move(server));
  // The server goes first of all parts.
  parts.server->collect(
      [&server = *parts.server, &view = *parts.view, &broker = *parts.broker](Metrics& metrics) {
        detail::collectView(view.stats(), metrics);
        detail::collectBroker(broker.stats(), metrics);
        detail::collectSubscribers(server.subscriberStats(), metrics);
      });
  return parts_.emplace(std::move(parts));
}

// The first signal ends the service in order, the second at once.
void Service::Impl::onSignal() {
  if (std::exchange(stopping_, true)) {
    EVMICRO_LOG_WARN("service", "Second signal: ending at once");
    ::_exit(1);
  }
  stop([this](Status) { loop_.stop(); });
}

// What handlers publish while the server drains goes out, too.
void Service::Impl::stop(Done stopped) {
  parts().server->stop([this, stopped = std::move(stopped)](Status status) {
    parts().broker->stop([stopped, status = std::move(status)] { stopped(status); });
  });
}

int Service::Impl::run() {
  Server& server = *parts().server;
  const auto interrupted = loop_.onSignal(SIGINT, [this] { onSignal(); });
  const auto terminated = loop_.onSignal(SIGTERM, [this] { onSignal(); });
  if (!interrupted.ok() || !terminated.ok()) {
    std::cerr << (interrupted.ok() ? terminated : interrupted).status().toString() << std::endl;
    return 1;
  }
  const auto fail = [this](Status why) {
    outcome_ = std::move(why);
    loop_.stop();
  };
  server.onFailure(fail);
  parts().broker->onFailure(fail);
  server.start([fail](Status status) {
    if (!status.ok()) fail(std::move(status));
  });
  const Status turned = loop_.run();
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
  if (*parsed == Parsed::kRun) return;
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
Server& Service::server() { return *impl_->parts().server; }
Client& Service::client() { return *impl_->parts().client; }
void Service::start(Done started) { server().start(std::move(started)); }
void Service::stop(Done stopped) { impl_->stop(std::move(stopped)); }
int Service::run() { return impl_->run(); }

}  // namespace evmicro
