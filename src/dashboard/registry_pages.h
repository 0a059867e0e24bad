#pragma once

#include <string>

#include <evmicro/registry.h>
#include <evmicro/web_server.h>

#include "dashboard/page_files.h"
#include "gateway/pending_calls.h"

namespace evmicro::dashboard {

/// The pages of Go Micro's dashboard that are also JSON: `/registry` and `/query`. A request asks
/// for JSON with `Content-Type: application/json` (as in the original), with `Accept:
/// application/json` or with `?format=json`, and gets the registry's current answer.
class RegistryPages {
 public:
  /// Both must outlive it.
  RegistryPages(Registry& registry, const PageFiles& files);
  RegistryPages(const RegistryPages&) = delete;
  RegistryPages& operator=(const RegistryPages&) = delete;
  ~RegistryPages() = default;

  void serveRegistry(const WebRequest& request, WebReply reply);
  void serveQuery(const WebRequest& request, WebReply reply);

 private:
  void list(WebReply reply);
  void find(const std::string& service, bool asJson, WebReply reply);

  Registry& registry_;
  const PageFiles& files_;
  gateway::PendingCalls calls_;
};

}  // namespace evmicro::dashboard
