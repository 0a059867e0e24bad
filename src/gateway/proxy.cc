#include "gateway/proxy.h"

#include <memory>
#include <utility>

#include "gateway/errors.h"
#include "registry/secure_node.h"

namespace evmicro::gateway {

namespace {

HttpProxyOptions proxyOptions(const std::string& id, const TlsOptions& tls,
                              std::chrono::milliseconds tunnelIdle) {
  HttpProxyOptions options;
  options.id = id;
  options.tls = tls;
  options.tunnelIdleTimeout = tunnelIdle;
  return options;
}

HttpBackend backendOf(const Node& node) {
  if (detail::wantsTls(node)) return {node.dialAddress(), node.id};
  return {node.dialAddress()};
}

// Until its node is known.
struct Waiting {
  WebRequest request;
  WebBody body;
  WebReply reply;
  ForwardOptions options;
};

}  // namespace

Proxy::Proxy(Service& service, std::string id, std::chrono::milliseconds tunnelIdle)
    : id_(std::move(id)),
      http_(service.loop(), proxyOptions(id_, service.options().client.tls, tunnelIdle)),
      lookUps_(service.serviceView()) {}

void Proxy::pass(const std::string& service, WebRequest request, WebBody body, WebReply reply,
                 ForwardOptions options) {
  // Shared only because functions are copyable.
  const auto waiting = std::make_shared<Waiting>(
      Waiting{std::move(request), std::move(body), std::move(reply), std::move(options)});
  lookUps_.start(service, [this, service, waiting](const Result<ServiceView::Snapshot>& known) {
    if (!known.ok() || (*known)->nodes.empty()) {
      return answer(
          waiting->reply,
          Status::error(404, id_, "no node of " + service + " for " + waiting->request.path));
    }
    const auto& nodes = (*known)->nodes;
    std::uniform_int_distribution<std::size_t> any(0, nodes.size() - 1);
    http_.forward(backendOf(*nodes[any(random_)].node), std::move(waiting->request),
                  std::move(waiting->body), std::move(waiting->reply), std::move(waiting->options));
  });
}

}  // namespace evmicro::gateway
