// The flags of every service.
#include <charconv>
#include <filesystem>
#include <limits>

#include "base/duration.h"
#include "net/host_port.h"
#include "service/defaults.h"
#include "service/flags.h"

namespace evmicro::detail {

namespace {

using Apply = std::function<Status(std::string_view)>;
using std::chrono::milliseconds;

// How a flag changes an option, and the option's default.
struct Target {
  Apply apply;
  std::string now;
};

Target text(std::string& target) {
  return {[&target](std::string_view value) -> Status {
            target = value;
            return {};
          },
          target};
}

Target duration(milliseconds& target) {
  return {[&target](std::string_view value) -> Status {
            const auto parsed = parseDuration(value);
            if (!parsed.ok()) return parsed.status();
            target = std::chrono::ceil<milliseconds>(*parsed);
            return {};
          },
          formatDuration(target)};
}

template <typename Number>
Target number(Number& target, Number least) {
  const auto apply = [&target, least](std::string_view value) -> Status {
    Number parsed{};
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), parsed);
    if (error != std::errc() || end != value.data() + value.size() || parsed < least) {
      return Status::invalid("expected a whole number of at least " + std::to_string(least) +
                             ", got \"" + std::string(value) + "\"");
    }
    target = parsed;
    return {};
  };
  return {apply, std::to_string(target)};
}

Target boolean(bool& target) {
  const auto apply = [&target](std::string_view value) -> Status {
    if (value == "true" || value == "1" || value == "yes") {
      target = true;
    } else if (value == "false" || value == "0" || value == "no") {
      target = false;
    } else {
      return Status::invalid("expected true or false, got \"" + std::string(value) + "\"");
    }
    return {};
  };
  return {apply, target ? "true" : ""};
}

Target list(std::vector<std::string>& target) {
  std::string now;
  for (const std::string& item : target) now += (now.empty() ? "" : ",") + item;
  return {[&target](std::string_view value) -> Status {
            target = splitList(value);
            return {};
          },
          now};
}

Target keyValue(std::map<std::string, std::string>& target) {
  const auto apply = [&target](std::string_view value) -> Status {
    const std::size_t equals = value.find('=');
    if (equals == std::string_view::npos || equals == 0) {
      return Status::invalid("expected key=value, got \"" + std::string(value) + "\"");
    }
    target[std::string(value.substr(0, equals))] = value.substr(equals + 1);
    return {};
  };
  return {apply, ""};
}

Target oneOf(std::string& target, const std::vector<std::string>& names) {
  const auto apply = [&target, names](std::string_view value) -> Status {
    std::string all;
    for (const std::string& name : names) {
      if (name == value) {
        target = value;
        return {};
      }
      all += (all.empty() ? "" : ", ") + name;
    }
    return Status::invalid("expected one of " + all + ", got \"" + std::string(value) + "\"");
  };
  return {apply, target};
}

// CA certificates: in a file or in a folder.
Target fileOrFolder(TlsOptions& tls) {
  const auto apply = [&tls](std::string_view value) -> Status {
    const std::string path(value);
    std::error_code error;
    const bool folder = std::filesystem::is_directory(path, error);
    tls.caFile = folder ? "" : path;
    tls.caPath = folder ? path : "";
    return {};
  };
  return {apply, tls.caFile.empty() ? tls.caPath : tls.caFile};
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

// Builds the table of flags.
class Flags {
 public:
  void add(std::string name, std::string placeholder, std::string help, Target target) {
    flags_.push_back({std::move(name),
                      std::move(placeholder),
                      std::move(help),
                      FlagSpec::Kind::kValue,
                      std::move(target.apply),
                      {},
                      std::move(target.now)});
  }
  void addSwitch(std::string name, std::string help, Target target) {
    add(std::move(name), "", std::move(help), std::move(target));
    flags_.back().kind = FlagSpec::Kind::kSwitch;
  }
  void addChoice(std::string name, std::string placeholder, const std::string& help,
                 const std::vector<std::string>& names, std::string& target) {
    addChoice(std::move(name), std::move(placeholder), help, names, oneOf(target, names));
  }
  void addChoice(std::string name, std::string placeholder, const std::string& help,
                 const std::vector<std::string>& names, Target target) {
    add(std::move(name), std::move(placeholder), help + ": " + anyOf(names), std::move(target));
    flags_.back().choices = names;
  }
  void addOnOff(std::string name, const std::string& help, bool& target) {
    const std::vector<std::string> names = {"on", "off"};
    const auto apply = [&target, names](std::string_view value) -> Status {
      std::string chosen;
      Status status = oneOf(chosen, names).apply(value);
      if (status.ok()) target = chosen == "on";
      return status;
    };
    add(std::move(name), "WHEN", help + ": " + anyOf(names), {apply, target ? "on" : "off"});
    flags_.back().choices = names;
  }
  std::vector<FlagSpec> take() { return std::move(flags_); }

 private:
  std::vector<FlagSpec> flags_;
};

void addOwnFlag(Flags& flags, const Flag& flag) {
  if (bool* const* truth = std::get_if<bool*>(&flag.value)) {
    flags.addSwitch(flag.name, flag.help, boolean(**truth));
  } else if (int* const* count = std::get_if<int*>(&flag.value)) {
    flags.add(flag.name, "N", flag.help, number(**count, std::numeric_limits<int>::min()));
  } else {
    flags.add(flag.name, "TEXT", flag.help, text(*std::get<std::string*>(flag.value)));
  }
}

void addServerTlsFlags(Flags& flags, TlsOptions& tls) {
  flags.add("server_tls_cert", "FILE",
            "certificate of the server and intermediate ones (PEM): it speaks TLS, and only that",
            text(tls.certificate));
  flags.add("server_tls_key", "FILE", "private key of that certificate (PEM)", text(tls.key));
  flags.add("server_tls_client_ca", "FILE|DIR",
            "clients must show a certificate that one of these CAs has signed (PEM)",
            fileOrFolder(tls));
}

void addClientTlsFlags(Flags& flags, ClientOptions& client) {
  TlsOptions& tls = client.tls;
  const std::vector<std::string> uses = {"auto", "required"};
  const auto setUse = [&client, uses](std::string_view value) {
    std::string chosen;
    Status status = oneOf(chosen, uses).apply(value);
    if (status.ok()) client.tlsUse = chosen == "required" ? TlsUse::kRequired : TlsUse::kAuto;
    return status;
  };
  flags.addChoice("client_tls", "USE", "TLS to nodes that announce it, or calls to no other nodes",
                  uses, {setUse, client.tlsUse == TlsUse::kRequired ? "required" : "auto"});
  flags.add("client_tls_ca", "FILE|DIR", "CA certificates trusted for servers (PEM)",
            fileOrFolder(tls));
  flags.add("client_tls_cert", "FILE", "client certificate shown to servers (PEM)",
            text(tls.certificate));
  flags.add("client_tls_key", "FILE", "private key of the client certificate (PEM)", text(tls.key));
  flags.add("client_tls_server_name", "NAME",
            "name expected in servers' certificates, instead of their host or node id",
            text(tls.serverName));
  const bool insecure = tls.verify == TlsOptions::Verify::kNothing;
  const auto setInsecure = [&tls](std::string_view value) {
    bool nothing = false;
    Status status = boolean(nothing).apply(value);
    const auto how = nothing ? TlsOptions::Verify::kNothing : TlsOptions::Verify::kServer;
    if (status.ok()) tls.verify = how;
    return status;
  };
  flags.addSwitch("client_tls_insecure", "do not verify the certificates of servers",
                  {setInsecure, insecure ? "true" : ""});
}

void addLimitFlags(Flags& flags, ListenOptions& limits) {
  const auto addSize = [&flags](std::string name, std::string placeholder, const std::string& help,
                                std::size_t& target) {
    flags.add(std::move(name), std::move(placeholder), help + "; 0: no limit",
              number(target, std::size_t{0}));
  };
  addSize("server_max_connections", "N",
          "maximum of open connections, above which idle ones are closed", limits.maxConnections);
  addSize("server_max_connections_per_peer", "N", "the same for one IP address (IPv6: one /64)",
          limits.maxConnectionsPerPeer);
  addSize("server_max_body", "BYTES", "maximum size of a request's body", limits.maxBodyBytes);
  addSize("server_max_header", "BYTES", "maximum size of a request's head", limits.maxHeaderBytes);
  addSize("server_max_header_lines", "N", "maximum of header lines in it", limits.maxHeaderLines);
  addSize("server_max_buffered", "BYTES", "memory for unfinished requests and unread replies",
          limits.memoryBytes);
  addSize("server_min_read_rate", "BYTES", "bytes per second that a caller must read of its reply",
          limits.minReadRate);
  addSize("server_max_handshakes", "N", "maximum of unfinished TLS handshakes",
          limits.maxHandshakes);
  flags.add("server_idle_timeout", "DURATION",
            "close a connection without activity after it; 0: never", duration(limits.idleTimeout));
  flags.add("server_message_timeout", "DURATION",
            "time for a request from its first byte to its last, and for a TLS handshake; 0: no "
            "limit",
            duration(limits.messageTimeout));
}

void addGrpcFlags(Flags& flags, ServiceOptions& o) {
  ServerOptions& server = o.server;
  flags.addOnOff("server_grpc", "answer gRPC, and HTTP/2, on the same port", o.serverGrpc);
  flags.addOnOff("server_grpc_health", "answer gRPC's health checks", server.grpcHealth);
  flags.addOnOff("server_grpc_reflection", "describe the services to gRPC callers",
                 server.grpcReflection);
  flags.add("server_max_connection_age", "DURATION",
            "gRPC: close connections after it, when their calls have ended; 0: never",
            duration(server.limits.maxConnectionAge));
  flags.add("server_max_streams", "N",
            "gRPC: maximum of calls and streams on one connection; 0: no limit",
            number(server.limits.maxStreams, std::size_t{0}));
}

void addServerFlags(Flags& flags, ServiceOptions& o) {
  ServerOptions& server = o.server;
  flags.add("server_name", "NAME", "name of the service", text(o.name));
  flags.add("server_version", "VERSION", "version of the service", text(o.version));
  flags.add("server_id", "ID", "unique id of this node; by default a UUID", text(server.id));
  flags.add("server_metadata", "KEY=VALUE", "metadata of this node; may be repeated",
            keyValue(o.metadata));
  flags.add(
      "server_address", "ADDRESS",
      "where to listen: HOST:PORT, port 0: the system chooses; HOST:MIN-MAX: the first free port "
      "of the range; unix:///PATH[?mode=660]; fd:N: a listening socket that is open at the start",
      text(server.address));
  flags.add("server_advertise", "ADDRESS", "address to register: HOST[:PORT] or unix:///PATH",
            text(server.advertise));
  addLimitFlags(flags, server.limits);
  flags.add("server_max_inflight", "N", "maximum of calls in progress; 0: no limit",
            number(server.maxInFlight, std::size_t{0}));
  addGrpcFlags(flags, o);
  flags.add("server_stream_idle", "DURATION", "end a stream without messages after it; 0: never",
            duration(server.streamIdle));
  flags.add("server_shed", "DURATION",
            "refuse new calls while requests wait longer than this for the loop; 0: never",
            duration(server.shed));
  flags.add("server_grace", "DURATION", "how long to keep serving after deregistering",
            duration(server.grace));
  flags.add("server_drain", "DURATION", "how long to wait for unfinished requests when stopping",
            duration(server.drain));
  addServerTlsFlags(flags, server.tls);
  flags.add("register_ttl", "DURATION",
            "the registration expires unless renewed within this time; 0: never",
            duration(server.registerTtl));
  flags.add("register_interval", "DURATION", "how often to renew the registration",
            duration(server.registerInterval));
}

// For TLS connections to the `peer`, "registry" or "broker".
void addTlsFlags(Flags& flags, const std::string& peer, TlsOptions& tls) {
  flags.add(peer + "_ca_file", "FILE", "CA certificates trusted for TLS to the " + peer + " (PEM)",
            text(tls.caFile));
  if (peer == "registry") {  // libnats takes a file alone
    flags.add(peer + "_ca_path", "DIR", "the same, as a directory of hashed files",
              text(tls.caPath));
  }
  flags.add(peer + "_client_cert", "FILE", "client certificate for the " + peer + " (PEM)",
            text(tls.certificate));
  flags.add(peer + "_client_key", "FILE", "private key of the client certificate (PEM)",
            text(tls.key));
  flags.add(peer + "_tls_server_name", "NAME",
            "name expected in the " + peer + "'s certificate, instead of the host",
            text(tls.serverName));
  const auto setVerify = [&tls](std::string_view value) {
    bool verify = true;
    Status status = boolean(verify).apply(value);
    const auto how = verify ? TlsOptions::Verify::kServer : TlsOptions::Verify::kNothing;
    if (status.ok()) tls.verify = how;
    return status;
  };
  flags.add(peer + "_tls_verify", "BOOL", "false: do not verify the " + peer + "'s certificate",
            {setVerify, tls.verify == TlsOptions::Verify::kServer ? "true" : "false"});
}

void addBrokerFlags(Flags& flags, ServiceOptions& o) {
  BrokerCredentials& credentials = o.brokerCredentials;
  flags.addChoice("broker", "NAME", "how messages are published", brokerNames(), o.broker);
  flags.add(
      "broker_address", "ADDRESS,...",
      "where to listen for messages, as --server_address, by default :0; for nats its servers, "
      "[nats://|tls://][USER:PASSWORD@]HOST[:PORT]",
      text(o.brokerAddress));
  flags.add("broker_advertise", "ADDRESS", "address of the broker to register",
            text(o.brokerAdvertise));
  flags.add("broker_user", "USER", "user name for nats", text(credentials.user));
  flags.add("broker_password", "PASSWORD",
            "password for nats; command lines are visible to others: prefer MICRO_BROKER_PASSWORD",
            text(credentials.password));
  flags.add("broker_token", "TOKEN", "token for nats; prefer MICRO_BROKER_TOKEN",
            text(credentials.token));
  flags.add("broker_credentials", "FILE", "credentials file for nats: a user's JWT and seed",
            text(credentials.file));
  flags.add("broker_nkey", "KEY", "public nkey of the nats user", text(credentials.nkey));
  flags.add("broker_nkey_seed", "FILE", "file with the seed of that nkey",
            text(credentials.nkeySeedFile));
  flags.addSwitch("broker_tls", "http: receive messages by TLS, with the server's certificate",
                  boolean(o.brokerTlsInbox));
  addTlsFlags(flags, "broker", o.brokerTls);
}

void addClientFlags(Flags& flags, ServiceOptions& o) {
  flags.addChoice("client_transport", "NAME",
                  "how calls go out: by --transport, by gRPC, or by gRPC to nodes that announce it",
                  {"http", "grpc", "auto"}, o.clientTransport);
  flags.add("client_request_timeout", "DURATION", "limit for a whole call, including all attempts",
            duration(o.client.requestTimeout));
  flags.add("client_retries", "N", "number of attempts that may reach a node",
            number(o.client.retries, 1));
  flags.add("client_retry_budget", "N", "repeated attempts allowed per hundred calls",
            number(o.client.retryBudget.percent, 0));
  flags.add("client_pool_size", "N", "idle connections kept per node",
            number(o.client.poolSize, std::size_t{0}));
  addClientTlsFlags(flags, o.client);
  flags.addOnOff("client_outliers", "avoid nodes that hang or refuse connections",
                 o.client.outliers.enabled);
  flags.addChoice("registry", "NAME", "where services are registered and found", registryNames(),
                  o.registry);
  flags.add("registry_address", "ADDRESS,...",
            "addresses of the registry, HOST:PORT or unix:///PATH, tried in order; by default "
            "127.0.0.1 and its usual port",
            list(o.registryAddresses));
  flags.add(
      "registry_token", "TOKEN",
      "ACL token for Consul; command lines are visible to others: prefer MICRO_REGISTRY_TOKEN",
      text(o.registryToken));
  addTlsFlags(flags, "registry", o.registryTls);
  flags.addChoice("transport", "NAME", "how calls are carried", transportNames(), o.transport);
  addBrokerFlags(flags, o);
  flags.addChoice("selector", "NAME", "how nodes are chosen", selectorNames(), o.selector);
  flags.addChoice("log_level", "LEVEL", "lowest level to log", logLevelNames(), o.logLevel);
  flags.add("log_config", "FILE", "log4cplus properties file, instead of the default layout",
            text(o.logConfig));
}

}  // namespace

std::vector<std::string> splitList(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    const std::string_view part = trimBlanks(text.substr(0, comma));
    if (!part.empty()) parts.emplace_back(part);
    if (comma == std::string_view::npos) break;
    text.remove_prefix(comma + 1);
  }
  return parts;
}

std::vector<FlagSpec> limitFlags(ListenOptions& limits) {
  Flags flags;
  addLimitFlags(flags, limits);
  return flags.take();
}

std::vector<FlagSpec> clientFlags(ServiceOptions& o) {
  Flags flags;
  addClientFlags(flags, o);
  return flags.take();
}

std::vector<FlagSpec> serviceFlags(ServiceOptions& o) {
  Flags flags;
  for (const Flag& flag : o.flags) addOwnFlag(flags, flag);
  addServerFlags(flags, o);
  addClientFlags(flags, o);
  return flags.take();
}

}  // namespace evmicro::detail
