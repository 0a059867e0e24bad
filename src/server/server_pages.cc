#include "server/server_pages.h"

#include <exception>

#include "metrics/prometheus_text.h"
#include "server/server_metrics.h"

namespace evmicro::detail {

namespace {

Page textPage(int status, std::string body) {
  Page page;
  page.status = status;
  page.body = std::move(body);
  return page;
}

Page health(const Status& status) {
  if (!status.ok()) return textPage(503, "not ok: " + status.detail() + "\n");
  return textPage(200, "ok\n");
}

Page readiness(const ServerNumbers& numbers) {
  if (numbers.stopping) return textPage(503, "not ready: stopping\n");
  if (!numbers.stats.registered) return textPage(503, "not ready: not registered\n");
  if (!numbers.health.ok()) return textPage(503, "not ready: " + numbers.health.detail() + "\n");
  return textPage(200, "ok\n");
}

// Collectors are user code: an exception must not cross libevent.
Page metrics(const ServerNumbers& numbers) try {
  PrometheusText text;
  collectServer(numbers, text);
  for (const Collector& collect : numbers.collectors) collect(text);
  Page page = textPage(200, text.text());
  page.contentType = PrometheusText::kContentType;
  return page;
} catch (const std::exception& error) {
  return textPage(500, std::string(error.what()) + "\n");
} catch (...) {
  return textPage(500, "a collector threw something unknown\n");
}

}  // namespace

Page serverPage(std::string_view path, const std::function<ServerNumbers()>& numbers) {
  if (path == "/health/live") return textPage(200, "ok\n");
  if (path == "/health") return health(numbers().health);
  if (path == "/health/ready") return readiness(numbers());
  if (path == "/metrics") return metrics(numbers());
  return {};
}

}  // namespace evmicro::detail
