#include "broker/nats_servers.h"

#include <algorithm>
#include <utility>

#include "http/url.h"
#include "net/host_port.h"

namespace evmicro::detail {

namespace {

constexpr std::uint16_t kDefaultPort = 4222;

Status malformed(std::string_view text, std::string_view why) {
  const std::size_t at = text.rfind('@');
  if (at != std::string_view::npos) text.remove_prefix(at + 1);
  return Status::invalid("broker: nats address \"" + std::string(text) + "\": " + std::string(why));
}

bool isControl(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

// libnats splits the URL at the last `@` and, before it, at the first `:`, and decodes nothing.
Result<std::string> decodeLogin(std::string_view login) {
  const std::size_t colon = login.find(':');
  auto user = decodePath(login.substr(0, colon));
  auto password =
      decodePath(colon == std::string_view::npos ? std::string_view() : login.substr(colon + 1));
  if (!user || !password)
    return Status::invalid("a % in the credentials is not followed by two hex digits");
  if (user->empty()) return Status::invalid("no user or token before the @");
  if (user->find(':') != std::string::npos) {
    return Status::invalid("a user or token with a colon must be given as an option");
  }
  std::string decoded = std::move(*user);
  if (colon != std::string_view::npos) decoded += ":" + *password;
  if (std::any_of(decoded.begin(), decoded.end(), isControl)) {
    return Status::invalid("control characters in the credentials");
  }
  return decoded;
}

Result<std::string> readServer(std::string_view text, std::string_view rest) {
  if (!rest.empty() && rest.back() == '/') rest.remove_suffix(1);
  std::string login;
  if (const std::size_t at = rest.rfind('@'); at != std::string_view::npos) {
    auto decoded = decodeLogin(rest.substr(0, at));
    if (!decoded.ok()) return malformed(text, decoded.status().detail());
    login = *decoded + "@";
    rest.remove_prefix(at + 1);
  }
  const auto parts = splitHostPort(rest);
  if (!parts.ok()) return malformed(text, parts.status().detail());
  if (!isHostName(parts->host)) return malformed(text, "expected host:port");
  const auto port = parts->hasPort ? parsePort(parts->port) : kDefaultPort;
  if (port.value_or(0) == 0) return malformed(text, "the port is not a number from 1 to 65535");
  return login + joinHostPort(parts->host, *port);
}

}  // namespace

Result<NatsServers> readNatsServers(const std::vector<std::string>& addresses) {
  NatsServers servers;
  std::vector<std::string> hosts;
  for (const std::string& address : addresses) {
    const std::string_view text = trimBlanks(address);
    if (text.empty()) continue;
    const Scheme scheme = splitScheme(text);
    if (scheme.name == "tls") {
      servers.secure = true;
    } else if (!scheme.name.empty() && scheme.name != "nats") {
      return malformed(text, "the scheme must be nats:// or tls://");
    }
    auto server = readServer(text, scheme.rest);
    if (!server.ok()) return std::move(server).status();
    hosts.push_back(std::move(*server));
  }
  if (hosts.empty()) hosts.push_back(joinHostPort("127.0.0.1", kDefaultPort));
  for (const std::string& host : hosts) servers.urls.push_back("nats://" + host);
  return servers;
}

Status checkNatsCredentials(const BrokerCredentials& credentials, const TlsOptions& tls) {
  const auto& [user, password, token, file, nkey, seed] = credentials;
  const bool byUser = !user.empty() || !password.empty();
  const bool byNkey = !nkey.empty() || !seed.empty();
  if (byUser + !token.empty() + !file.empty() + byNkey > 1) {
    return Status::invalid(
        "broker: nats: give a user and password, a token, a credentials file or an nkey, not "
        "several of them");
  }
  if (user.empty() && !password.empty()) {
    return Status::invalid("broker: nats: a password needs a user");
  }
  if (nkey.empty() != seed.empty()) {
    return Status::invalid("broker: nats: an nkey needs its public key and its seed file");
  }
  if (!tls.caPath.empty()) {
    return Status::invalid("broker: nats: supports a file of CA certificates, not a directory");
  }
  if (tls.certificate.empty() != tls.key.empty()) {
    return Status::invalid(
        "broker: nats: a client certificate needs its key, and a key its certificate");
  }
  return {};
}

}  // namespace evmicro::detail
