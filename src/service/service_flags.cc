// The flags that every service has.
#include <charconv>
#include <limits>

#include "base/duration.h"
#include "service/defaults.h"
#include "service/flags.h"

namespace evmicro::detail {

namespace {

using Apply = std::function<Status(std::string_view)>;
using std::chrono::milliseconds;

Apply text(std::string& target) {
  return [&target](std::string_view value) -> Status {
    target = value;
    return {};
  };
}

Apply duration(milliseconds& target) {
  return [&target](std::string_view value) -> Status {
    const auto parsed = parseDuration(value);
    if (!parsed.ok()) return parsed.status();
    target = std::chrono::ceil<milliseconds>(*parsed);
    return {};
  };
}

template <typename Number>
Apply number(Number& target, Number least) {
  return [&target, least](std::string_view value) -> Status {
    Number parsed{};
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), parsed);
    if (error != std::errc() || end != value.data() + value.size() || parsed < least) {
      return Status::invalid("\"" + std::string(value) + "\" is not a whole number from " +
                             std::to_string(least) + " on");
    }
    target = parsed;
    return {};
  };
}

Apply boolean(bool& target) {
  return [&target](std::string_view value) -> Status {
    if (value == "true" || value == "1" || value == "yes") {
      target = true;
    } else if (value == "false" || value == "0" || value == "no") {
      target = false;
    } else {
      return Status::invalid("\"" + std::string(value) + "\" is neither true nor false");
    }
    return {};
  };
}

Apply list(std::vector<std::string>& target) {
  return [&target](std::string_view value) -> Status {
    target = splitList(value);
    return {};
  };
}

Apply keyValue(std::map<std::string, std::string>& target) {
  return [&target](std::string_view value) -> Status {
    const std::size_t equals = value.find('=');
    if (equals == std::string_view::npos || equals == 0) {
      return Status::invalid("\"" + std::string(value) + "\" is not of the form key=value");
    }
    target[std::string(value.substr(0, equals))] = value.substr(equals + 1);
    return {};
  };
}

Apply oneOf(std::string& target, const std::vector<std::string>& names) {
  return [&target, names](std::string_view value) -> Status {
    std::string all;
    for (const std::string& name : names) {
      if (name == value) {
        target = value;
        return {};
      }
      all += (all.empty() ? "" : ", ") + name;
    }
    return Status::invalid("\"" + std::string(value) + "\" is none of: " + all);
  };
}

// "consul, etcd or memory"
std::string anyOf(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) text += i + 1 == names.size() ? " or " : ", ";
    text += names[i];
  }
  return text;
}

FlagSpec ownFlag(const Flag& flag) {
  FlagSpec spec;
  spec.name = flag.name;
  spec.help = flag.help;
  if (bool* const* truth = std::get_if<bool*>(&flag.value)) {
    spec.kind = FlagSpec::Kind::kSwitch;
    spec.apply = boolean(**truth);
  } else if (int* const* count = std::get_if<int*>(&flag.value)) {
    spec.placeholder = "N";
    spec.apply = number(**count, std::numeric_limits<int>::min());
  } else {
    spec.placeholder = "TEXT";
    spec.apply = text(*std::get<std::string*>(flag.value));
  }
  return spec;
}

void addServerFlags(std::vector<FlagSpec>& flags, ServiceOptions& o) {
  const auto add = [&flags](const char* name, const char* placeholder, const char* help,
                            Apply apply) {
    flags.push_back({name, placeholder, help, FlagSpec::Kind::kValue, std::move(apply), {}});
  };
  ServerOptions& server = o.server;
  add("server_name", "NAME", "name of the service", text(o.name));
  add("server_version", "VERSION", "version of the service", text(o.version));
  add("server_id", "ID", "unique id of this node; default: a UUID", text(server.id));
  add("server_metadata", "KEY=VALUE", "metadata of this node; may be repeated",
      keyValue(o.metadata));
  add("server_address", "HOST:PORT",
      "where to listen; :0 lets the system choose, host:min-max "
      "tries a range",
      text(server.address));
  add("server_advertise", "HOST[:PORT]", "address given to the registry", text(server.advertise));
  add("server_max_connections", "N", "connections at most; 0: no limit",
      number(server.limits.maxConnections, std::size_t{0}));
  add("server_grace", "DURATION", "how long to serve on after deregistering",
      duration(server.grace));
  add("server_drain", "DURATION", "how long to wait for running handlers at the end",
      duration(server.drain));
  add("register_ttl", "DURATION", "the registration ends unless renewed; 0: never",
      duration(server.registerTtl));
  add("register_interval", "DURATION", "how often it is renewed",
      duration(server.registerInterval));
}

// For registries whose address begins with https://.
void addRegistryTlsFlags(std::vector<FlagSpec>& flags, TlsOptions& tls) {
  const auto add = [&flags](const char* name, const char* placeholder, const char* help,
                            Apply apply) {
    flags.push_back({name, placeholder, help, FlagSpec::Kind::kValue, std::move(apply), {}});
  };
  add("registry_ca_file", "FILE", "who is trusted to speak for the registry by https, PEM",
      text(tls.caFile));
  add("registry_ca_path", "DIR", "the same as a folder of hashed files", text(tls.caPath));
  add("registry_client_cert", "FILE", "shows the registry who we are, PEM", text(tls.certificate));
  add("registry_client_key", "FILE", "of that certificate, PEM", text(tls.key));
  add("registry_tls_server_name", "NAME", "in the registry's certificate; default: its host",
      text(tls.serverName));
  add("registry_tls_verify", "BOOL", "false: any certificate of the registry will do",
      [&tls](std::string_view value) {
        bool verify = true;
        Status status = boolean(verify)(value);
        const auto wish = verify ? TlsOptions::Verify::kServer : TlsOptions::Verify::kNothing;
        if (status.ok()) tls.verify = wish;
        return status;
      });
}

}  // namespace

std::vector<FlagSpec> clientFlags(ServiceOptions& o) {
  std::vector<FlagSpec> flags;
  const auto add = [&flags](const char* name, const char* placeholder, const char* help,
                            Apply apply) {
    flags.push_back({name, placeholder, help, FlagSpec::Kind::kValue, std::move(apply), {}});
  };
  const auto addChoice = [&flags](const char* name, const char* placeholder,
                                  const std::vector<std::string>& names, std::string& target) {
    flags.push_back(
        {name, placeholder, anyOf(names), FlagSpec::Kind::kValue, oneOf(target, names), names});
  };
  add("client_request_timeout", "DURATION", "for a whole call, all attempts included",
      duration(o.client.requestTimeout));
  add("client_retries", "N", "attempts that may reach a node", number(o.client.retries, 1));
  add("client_pool_size", "N", "kept connections per node",
      number(o.client.poolSize, std::size_t{0}));
  addChoice("registry", "NAME", registryNames(), o.registry);
  add("registry_address", "HOST:PORT,...", "registries, tried in order", list(o.registryAddresses));
  add("registry_token", "TOKEN", "ACL token of Consul; rather by MICRO_REGISTRY_TOKEN",
      text(o.registryToken));
  addRegistryTlsFlags(flags, o.registryTls);
  addChoice("transport", "NAME", transportNames(), o.transport);
  addChoice("broker", "NAME", brokerNames(), o.broker);
  add("broker_address", "HOST:PORT",
      "where messages come in, :0 by default; or the servers of nats", text(o.brokerAddress));
  add("broker_advertise", "HOST[:PORT]", "the same, as given to the registry",
      text(o.brokerAdvertise));
  addChoice("selector", "NAME", selectorNames(), o.selector);
  addChoice("log_level", "LEVEL", logLevelNames(), o.logLevel);
  add("log_config", "FILE", "log4cplus properties, instead of the default layout",
      text(o.logConfig));
  return flags;
}

std::vector<std::string> splitList(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    if (comma != 0) parts.emplace_back(text.substr(0, comma));
    if (comma == std::string_view::npos) break;
    text.remove_prefix(comma + 1);
  }
  return parts;
}

std::vector<FlagSpec> serviceFlags(ServiceOptions& o) {
  std::vector<FlagSpec> flags;
  for (const Flag& flag : o.flags) flags.push_back(ownFlag(flag));
  addServerFlags(flags, o);
  for (FlagSpec& flag : clientFlags(o)) flags.push_back(std::move(flag));
  return flags;
}

}  // namespace evmicro::detail
