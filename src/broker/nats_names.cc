#include "broker/nats_names.h"

#include "net/dial_address.h"

namespace evmicro::detail {

std::string natsSubject(std::string_view topic) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::string subject;
  for (std::size_t i = 0; i < topic.size(); ++i) {
    const auto byte = static_cast<unsigned char>(topic[i]);
    const bool emptyToken = byte == '.' && (i == 0 || i + 1 == topic.size() || topic[i - 1] == '.');
    if (byte > 0x20 && byte != 0x7F && byte != '*' && byte != '>' && byte != '%' && !emptyToken) {
      subject += topic[i];
      continue;
    }
    subject += '%';
    subject += kDigits[byte >> 4];
    subject += kDigits[byte & 15];
  }
  return subject;
}

Result<std::vector<std::string>> natsServers(const std::vector<std::string>& addresses) {
  std::vector<std::string> servers;
  for (const std::string& address : addresses) {
    const auto parsed = parseDialAddress(address);
    if (!parsed.ok()) {
      return Status::invalid("broker: nats address \"" + address +
                             "\": expected host:port, IPv6 in brackets");
    }
    const bool six = parsed->host.find(':') != std::string::npos;
    servers.push_back("nats://" + (six ? "[" + parsed->host + "]" : parsed->host) + ":" +
                      std::to_string(parsed->port));
  }
  if (servers.empty()) servers.emplace_back("nats://127.0.0.1:4222");
  return servers;
}

}  // namespace evmicro::detail
