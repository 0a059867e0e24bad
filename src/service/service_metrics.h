#pragma once

#include <evmicro/broker.h>
#include <evmicro/client.h>
#include <evmicro/metrics.h>
#include <evmicro/server.h>
#include <evmicro/service_view.h>

namespace evmicro::detail {

/// Report the metrics of a service's parts for the page /metrics of its server.
void collectView(const ServiceViewStats& stats, Metrics& metrics);
void collectBroker(const BrokerStats& stats, Metrics& metrics);
void collectOutliers(const OutlierStats& stats, Metrics& metrics);
void collectClient(const ClientStats& stats, Metrics& metrics);
void collectSubscribers(const SubscriberStats& stats, Metrics& metrics);

}  // namespace evmicro::detail
