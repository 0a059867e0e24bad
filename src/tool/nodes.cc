#include "tool/nodes.h"

#include <iostream>

#include <evmicro/call.h>
#include <evmicro/client.h>
#include <evmicro/event_loop.h>

#include "call/call_form.h"
#include "tool/grpc_health.h"
#include "tool/json_output.h"
#include "tool/output.h"
#include "tool/printable.h"
#include "tool/sidecar_client.h"
#include "tool/waiting.h"

namespace evmicro::tool {

namespace {

constexpr char kHealth[] = "Debug.Health";

std::vector<NodeAnswer> unanswered(const std::vector<ServiceInfo>& versions) {
  std::vector<NodeAnswer> answers;
  for (const ServiceInfo& service : versions) {
    for (const Node& node : service.nodes) {
      answers.push_back({service.version, node.id, node.dialAddress(),
                         Status::internal("not asked"), detail::speaksOnlyGrpc(node)});
    }
  }
  return answers;
}

// The nodes that `lookUpAll` finds, or the one whose address is given.
template <typename LookUp>
Result<std::vector<NodeAnswer>> toAsk(LookUp lookUpAll, const CallFlags& flags) {
  if (!flags.address.empty()) {
    return std::vector<NodeAnswer>{{"", "", flags.address, Status::internal("not asked"), false}};
  }
  const Result<std::vector<ServiceInfo>> versions = lookUpAll();
  if (!versions.ok()) return versions.status();
  return unanswered(*versions);
}

// Asks those that have not given a reply yet. Each waits for at most the timeout of a call.
void ask(Service& service, const std::string& name, const std::string& method,
         const CallFlags& flags, std::vector<NodeAnswer>& answers) {
  std::size_t open = 0;
  std::vector<Call> calls;  // what is late, after a signal, has nowhere to go
  for (NodeAnswer& answer : answers) {
    if (answer.grpc || answer.reply.ok()) continue;
    ++open;
    CallOptions options = flags.options();
    options.address = answer.address;
    calls.emplace_back(service.client().call<JsonDocument>(
        flags.context(), name, method, JsonDocument(),
        [&answer, &open](Result<JsonDocument> reply) {
          answer.reply = std::move(reply);
          --open;
        },
        options));
  }
  static_cast<void>(service.loop().runUntil([&open] { return open == 0; }));
}

}  // namespace

Result<std::vector<ServiceInfo>> lookUp(Service& service, const std::string& name) {
  return waitFor<Result<std::vector<ServiceInfo>>>(service.loop(), [&](Registry::Found found) {
    return service.registry().getService(name, std::move(found));
  });
}

Result<std::vector<std::string>> listNames(Service& service) {
  return waitFor<Result<std::vector<std::string>>>(service.loop(), [&](Registry::Listed listed) {
    return service.registry().listServices(std::move(listed));
  });
}

ExitCode failLookUp(const Status& why) {
  if (why.kind() != ErrorKind::kNotFound) return fail(why);
  std::cerr << "Service not found" << std::endl;
  return kFailed;
}

Result<std::vector<NodeAnswer>> askNodes(Service& service, const std::string& name,
                                         const std::string& method, const CallFlags& flags) {
  auto answers = toAsk([&] { return lookUp(service, name); }, flags);
  if (!answers.ok()) return answers;
  ask(service, name, method, flags, *answers);
  if (method == kHealth) {
    askGrpcHealth(service, name, flags, *answers);
    return answers;
  }
  // A node that fails in this call and gives its health does not speak gRPC alone.
  std::vector<NodeAnswer> health = *answers;
  ask(service, name, kHealth, flags, health);
  askGrpcHealth(service, name, flags, health);
  for (std::size_t i = 0; i < health.size(); ++i) {
    if (health[i].grpc) (*answers)[i] = std::move(health[i]);
  }
  return answers;
}

Result<std::vector<NodeAnswer>> askNodes(SidecarClient& sidecar, const std::string& name,
                                         const std::string& method, const CallFlags& flags) {
  auto answers = toAsk([&] { return sidecar.lookUp(name); }, flags);
  if (!answers.ok()) return answers;
  for (NodeAnswer& answer : *answers) {
    if (answer.grpc) {
      answer.reply = Status::invalid("a gRPC node: a sidecar cannot ask it");
      continue;
    }
    CallFlags one = flags;
    one.address = answer.address;
    answer.reply = sidecar.call(name, method, JsonDocument(), one);
  }
  return answers;
}

std::string nodeTables(const std::string& name, const std::vector<NodeAnswer>& answers,
                       const std::string& columns,
                       const std::function<std::string(const NodeAnswer&)>& cells) {
  std::string text = "service  " + printable(name) + "\n\n";
  const NodeAnswer* previous = nullptr;
  for (const NodeAnswer& answer : answers) {
    if (!previous || previous->version != answer.version) {
      if (!answer.id.empty()) text += "\nversion " + printable(answer.version) + "\n\n";
      text += "node\t\taddress:port\t\t" + columns + "\n";
    }
    text += printable(answer.id.empty() ? "-" : answer.id) + "\t\t" + printable(answer.address) +
            "\t\t" + cells(answer) + "\n";
    previous = &answer;
  }
  return text;
}

std::string nodesAsJson(const std::vector<NodeAnswer>& answers, const WriteMember& writeMember) {
  return jsonArray(answers, [&](detail::JsonWriter& out, const NodeAnswer& answer) {
    out.beginObject();
    out.member("id", answer.id);
    out.member("address", answer.address);
    out.member("version", answer.version);
    if (answer.reply.ok()) {
      writeMember(out, *answer.reply);
    } else {
      out.member("error", answer.reply.status().detail());
    }
    out.endObject();
  });
}

}  // namespace evmicro::tool
