// Texts: addresses, URLs, names, errors, and what the tool prints.
#include <string>

#include <evmicro/status.h>

#include "base/printable.h"
#include "base/utf8.h"
#include "broker/nats_names.h"
#include "broker/nats_servers.h"
#include "fuzz/target.h"
#include "http/head.h"
#include "http/url.h"
#include "net/dial_address.h"
#include "net/host_port.h"
#include "net/http_address.h"
#include "net/listen_address.h"
#include "net/socket_address.h"
#include "net/unix_address.h"
#include "tool/json_argument.h"
#include "tool/printable.h"

namespace evmicro::fuzz {

namespace {

using namespace detail;

void mustExplain(const Status& status) {
  must(status.ok() || !status.detail().empty(), "an error without a text");
}

bool isOneSafeLine(std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) return false;
  }
  return true;
}

}  // namespace

void readAddresses(std::string_view bytes) {
  const auto split = splitHostPort(bytes);
  mustExplain(split.status());
  static_cast<void>(splitScheme(bytes));
  static_cast<void>(trimBlanks(bytes));
  static_cast<void>(SocketAddress::ofLiteral(std::string(bytes), 1));
  const auto dial = parseDialAddress(bytes);
  mustExplain(dial.status());
  if (dial.ok()) {
    const auto again =
        parseDialAddress(isSocketPath(dial->host) ? unixAddressText(dial->host)
                                                  : joinHostPort(dial->host, dial->port));
    must(again.ok() && again->host == dial->host && again->port == dial->port,
         "a dialled address changes");
  }
  const auto listen = parseListenAddress(bytes);
  mustExplain(listen.status());
  must(!listen.ok() || listen->firstPort <= listen->lastPort, "a range of ports upside down");
  mustExplain(HttpAddress::parse("fuzz", bytes, "80").status());
  mustExplain(readNatsServers({std::string(bytes)}).status());
}

void readUrls(std::string_view bytes) {
  const auto decoded = decodePath(bytes);
  const auto again = decodePath(pathSegment(bytes));
  must(again && *again == bytes, "an encoded segment changes");
  const HttpTarget target = splitHttpTarget(bytes);
  must(target.path.size() + target.query.size() <= bytes.size() + 1, "a target grows");
  const auto query = UrlQuery::parse(bytes);
  if (!query) return;
  // Not of each: every look-up goes through all of them.
  if (query->entries().empty()) return;
  const auto& [name, value] = query->entries().back();
  must(query->has(name) && query->all(name).back() == value, "a parameter is lost");
}

void readNatsNames(std::string_view bytes) {
  must(natsTopic(natsSubject(bytes)) == bytes, "a topic changes");
  const std::string subject = natsSubject(bytes);
  must(bytes.empty() || !natsHasWildcard(subject), "a subject with wildcards");
  static_cast<void>(natsPattern(bytes));
  static_cast<void>(natsTopic(bytes));
  static_cast<void>(natsQueueName(bytes));
}

void readError(std::string_view bytes) {
  const Status status = Status::fromWire(bytes);
  must(!status.ok(), "no error");
  must(status.kind() == ErrorKind::kRemote, "not a peer's error");
  // As by Go, what is not UTF-8 is written as an escape, and what was read from that as it is.
  const Status again = Status::fromWire(status.toWire());
  must(again.code() == status.code(), "another code");
  must(Status::fromWire(again.toWire()).toWire() == again.toWire(), "an error changes");
  static_cast<void>(status.toString());
}

void readPrintable(std::string_view bytes) {
  const std::string shown = printable(bytes);
  must(isOneSafeLine(shown), "control characters are printed");
  must(shown.size() <= 6 * bytes.size(), "a text grows more than six times");
  must(printable(bytes, 80).size() <= 80 + 16, "a text is not cut");
}

void readJsonTexts(std::string_view bytes) {
  const auto documents = tool::splitDocuments(bytes);
  mustExplain(documents.status());
  if (!documents.ok()) return;
  for (const JsonDocument& document : *documents) {
    must(isOneSafeLine(tool::flatJson(document.text)), "control characters are printed");
    static_cast<void>(tool::indentJson(document.text));
  }
}

}  // namespace evmicro::fuzz
