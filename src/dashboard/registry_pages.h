#pragma once

#include <string>

#include <evmicro/registry.h>
#include <evmicro/web_server.h>

#include "gateway/pending_calls.h"

namespace evmicro::dashboard {

/// Whether a request asks for the JSON of a page: with `Content-Type: application/json` (as in the
/// original), with `Accept: application/json` or with `?format=json`.
bool asksForJson(const WebRequest& request);

/// The pages of Go Micro's dashboard `/registry` and `/query`, which are also JSON: that is the
/// registry's current answer.
class RegistryPages {
 public:
  /// `registry` must outlive it.
  explicit RegistryPages(Registry& registry);
  RegistryPages(const RegistryPages&) = delete;
  RegistryPages& operator=(const RegistryPages&) = delete;
  ~RegistryPages() = default;

  void serveRegistry(const WebRequest& request, WebReply reply);
  void serveQuery(const WebRequest& request, WebReply reply);

 private:
  void list(WebReply reply);
  void find(const std::string& service, bool asJson, WebReply reply);

  Registry& registry_;
  gateway::PendingCalls calls_;
};

}  // namespace evmicro::dashboard
