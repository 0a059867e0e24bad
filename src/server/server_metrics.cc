#include "server/server_metrics.h"

#include <string>

#include <evmicro/version.h>

#include "metrics/process_usage.h"

namespace evmicro::detail {

namespace {

using std::chrono::duration;

// One label for all unknown methods, because their names come from peers.
constexpr std::string_view kUnknown = "unknown";

void collectCalls(const MethodTable& methods, Metrics& metrics) {
  methods.forEach([&metrics](const Method& method) {
    const std::string& name = method.endpoint.name;
    const auto& ends = method.stats.ends();
    for (std::size_t i = 0; i < ends.size(); ++i) {
      if (ends[i] == 0 && i > 0) continue;  // successes always, so that the series exists
      const bool known = i < MethodStats::kCodes.size();
      metrics.counter(
          "evmicro_server_calls_total", "Calls that have ended, by code.", ends[i],
          {{"method", name}, {"code", known ? std::to_string(MethodStats::kCodes[i]) : "other"}});
    }
    metrics.gauge("evmicro_server_calls_in_flight", "Calls that have not been answered yet.",
                  method.stats.running(), {{"method", name}});
    if (method.streaming) {
      metrics.gauge("evmicro_server_streams_open", "Streams that have not ended yet.",
                    method.stats.streams(), {{"method", name}});
    } else {
      metrics.histogram("evmicro_server_call_duration_seconds",
                        "Time from a request to its answer.", method.stats.latency().seconds(),
                        {{"method", name}});
    }
  });
}

void collectCallers(const Callers& callers, Metrics& metrics) {
  const auto from = [&metrics](std::string_view service, std::uint64_t count) {
    metrics.counter("evmicro_server_calls_from_total",
                    "Calls that have begun, by the service that the connection's first call named "
                    "as its caller.",
                    count, {{"service", service}});
  };
  for (const auto& [service, count] : callers.counts()) {
    if (!service.empty()) from(service, count);
  }
  if (callers.others() > 0) from(Callers::kOther, callers.others());
}

void collectRefusals(const ServerStats& stats, Metrics& metrics) {
  const auto refused = [&metrics](std::string_view reason, std::uint64_t count) {
    metrics.counter("evmicro_server_requests_refused_total",
                    "Requests that did not become a call, by reason.", count, {{"reason", reason}});
  };
  refused("malformed", stats.listener.malformed);
  refused("too_large", stats.listener.tooLarge + stats.tooLargeForMethod);
  refused("too_slow", stats.listener.tooSlow);
  refused("too_many_connections", stats.listener.tooManyConnections);
  refused("content_type", stats.unsupported);
  refused("in_flight", stats.tooManyCalls);
  refused("envelope", stats.undecodable);
}

void collectConnections(const ListenerStats& listener, Metrics& metrics) {
  metrics.gauge("evmicro_server_connections_open", "Connections to the server.",
                listener.connections);
  metrics.counter("evmicro_server_connections_accepted_total", "Connections accepted.",
                  listener.accepted);
  const auto broken = [&metrics](std::string_view reason, std::uint64_t count) {
    metrics.counter("evmicro_server_connections_broken_total",
                    "Connections that the server has ended for a limit, by reason.", count,
                    {{"reason", reason}});
  };
  broken("memory", listener.overMemory);
  broken("slow_reader", listener.slowReaders);
  broken("gave_way", listener.gaveWay);
  metrics.gauge("evmicro_server_held_bytes",
                "Unfinished requests and unread replies of all connections.", listener.heldBytes);
  metrics.counter("evmicro_server_accept_deferrals_total",
                  "How often accepting was paused: out of descriptors or memory.",
                  listener.acceptDeferrals);
}

void collectTls(const ListenerStats& listener, Metrics& metrics) {
  const duration<double> expires = listener.certificateExpires.time_since_epoch();
  if (expires.count() == 0) return;
  metrics.gauge("evmicro_server_certificate_expiry_timestamp_seconds",
                "When the first certificate of the server's chain expires.", expires.count());
  metrics.counter("evmicro_server_tls_handshakes_total", "TLS handshakes that have succeeded.",
                  listener.tlsHandshakes);
  metrics.counter("evmicro_server_tls_refused_total",
                  "Connections without TLS, or whose handshake has failed.", listener.tlsRefused);
}

void collectRegistration(const ServerStats& stats, Metrics& metrics) {
  metrics.gauge("evmicro_registry_registered", "1 while others can find this node.",
                stats.registered ? 1 : 0);
  metrics.counter("evmicro_registry_heartbeat_failures_total",
                  "Registrations and renewals that failed.", stats.heartbeatFailures);
}

void collectProcess(const ServerNumbers& numbers, Metrics& metrics) {
  const ProcessUsage usage = processUsage();
  metrics.histogram("evmicro_loop_lag_seconds",
                    "How late the event loop was, measured each second.", numbers.lag.seconds());
  metrics.counter("process_cpu_seconds_total", "Processor time of the process, user and system.",
                  duration<double>(usage.processor).count());
  metrics.gauge("process_resident_memory_bytes", "Resident memory of the process.",
                usage.residentBytes);
  metrics.gauge("process_threads", "Threads of the process.", usage.threads);
}

}  // namespace

void collectServer(const ServerNumbers& numbers, Metrics& metrics) {
  const ServerStats& stats = numbers.stats;
  metrics.gauge("evmicro_server_info", "The server; always 1.", 1,
                {{"service", numbers.options.name},
                 {"service_version", numbers.options.version},
                 {"node", numbers.options.name + "-" + numbers.options.id},
                 {"evmicro", EVMICRO_VERSION}});
  metrics.gauge("evmicro_server_start_time_seconds", "When the server was made, since 1970.",
                duration<double>(stats.started.time_since_epoch()).count());
  collectCalls(numbers.methods, metrics);
  metrics.counter("evmicro_server_calls_total", "", stats.unknownMethods,
                  {{"method", kUnknown}, {"code", "404"}});
  collectCallers(numbers.callers, metrics);
  metrics.counter("evmicro_server_calls_shed_total",
                  "Calls refused with 429 because the loop was overloaded.", stats.shed);
  metrics.counter("evmicro_server_calls_expired_total",
                  "Calls answered with 408 before they ran: their deadline had passed.",
                  stats.expired);
  collectRefusals(stats, metrics);
  collectConnections(stats.listener, metrics);
  collectTls(stats.listener, metrics);
  collectRegistration(stats, metrics);
  collectProcess(numbers, metrics);
}

void addCalls(const MethodTable& methods, ServerStats& stats, std::uint64_t unknownMethods) {
  methods.forEach([&stats](const Method& method) {
    const auto& ends = method.stats.ends();
    std::uint64_t ended = 0;
    for (const std::uint64_t count : ends) ended += count;
    stats.requests += ended + method.stats.running() + method.stats.streams();
    stats.errors += ended - ends.front();
    stats.calls += method.stats.running();
    stats.streams += method.stats.streams();
  });
  stats.unknownMethods = unknownMethods;
  stats.requests += unknownMethods;
  stats.errors += unknownMethods;
}

}  // namespace evmicro::detail
