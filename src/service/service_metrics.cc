#include "service/service_metrics.h"

#include <chrono>

namespace evmicro::detail {

namespace {

struct Outcome {
  std::string_view name;
  std::uint64_t count;
};

void collectOutcomes(std::string_view name, std::string_view help,
                     std::initializer_list<Outcome> outcomes, Metrics& metrics) {
  for (const Outcome& outcome : outcomes) {
    metrics.counter(name, help, outcome.count, {{"outcome", outcome.name}});
  }
}

}  // namespace

void collectView(const ServiceViewStats& stats, Metrics& metrics) {
  metrics.gauge("evmicro_view_services", "Services in use whose nodes are followed.",
                stats.services);
  metrics.gauge("evmicro_view_stale_services",
                "Of these, with data from before the registry stopped answering.", stats.stale);
  metrics.gauge("evmicro_view_stale_seconds", "How long the registry has not answered.",
                std::chrono::duration<double>(stats.staleFor).count());
  metrics.gauge("evmicro_view_lost_nodes", "Nodes kept although the registry does not list them.",
                stats.lostNodes);
  metrics.counter("evmicro_view_look_ups_total", "Lookups of services that were not known.",
                  stats.lookUps);
  metrics.counter("evmicro_view_not_found_total", "Of these, lookups of unknown names.",
                  stats.notFound);
  metrics.counter("evmicro_view_outages_total", "How often a service became stale.", stats.outages);
}

void collectBroker(const BrokerStats& stats, Metrics& metrics) {
  metrics.counter("evmicro_broker_published_total", "Messages published.", stats.published);
  collectOutcomes(
      "evmicro_broker_deliveries_total", "Deliveries of messages to subscriptions, by outcome.",
      {{"delivered", stats.delivered}, {"dropped", stats.dropped}, {"failed", stats.failed}},
      metrics);
  metrics.counter("evmicro_broker_received_total", "Messages passed to subscribers.",
                  stats.received);
}

void collectOutliers(const OutlierStats& stats, Metrics& metrics) {
  metrics.gauge("evmicro_client_ejected_nodes", "Nodes that are avoided because they hang or fail.",
                stats.ejected);
  metrics.counter("evmicro_client_ejections_total", "How often a node was ejected.",
                  stats.ejections);
  metrics.counter("evmicro_client_probes_total", "Health checks of ejected nodes.", stats.probes);
}

void collectClient(const ClientStats& stats, Metrics& metrics) {
  metrics.counter("evmicro_client_repetitions_total",
                  "Attempts that the retry budget has paid for, hedges included.",
                  stats.repetitions);
  metrics.counter("evmicro_client_retry_budget_exhausted_total",
                  "Attempts not made because the retry budget was used up.", stats.exhausted);
  metrics.counter("evmicro_client_hedges_total",
                  "Second attempts sent because the first took long.", stats.hedges);
  metrics.counter("evmicro_client_hedges_won_total", "Of these, those that were answered first.",
                  stats.hedgesWon);
}

void collectSubscribers(const SubscriberStats& stats, Metrics& metrics) {
  collectOutcomes("evmicro_subscriber_events_total", "Events received by subscribers, by outcome.",
                  {{"handled", stats.handled}, {"failed", stats.failed}}, metrics);
}

}  // namespace evmicro::detail
