#include "net/unix_address.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include <sys/un.h>

namespace evmicro::detail {

namespace {

constexpr std::string_view kScheme = "unix:";
constexpr std::string_view kModeOption = "mode=";
constexpr unsigned kAllPermissions = 0777;

static_assert(kLongestSocketPath == sizeof(sockaddr_un::sun_path) - 1);

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool isControl(char c) noexcept { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

std::optional<unsigned> parseMode(std::string_view option) noexcept {
  if (option.substr(0, kModeOption.size()) != kModeOption) return std::nullopt;
  const std::string_view digits = option.substr(kModeOption.size());
  unsigned mode = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, mode, 8);
  if (digits.empty() || error != std::errc() || stop != end) return std::nullopt;
  return mode <= kAllPermissions ? std::optional(mode) : std::nullopt;
}

}  // namespace

bool isUnixAddress(std::string_view text) noexcept {
  if (text.size() <= kScheme.size()) return false;
  const char next = text[kScheme.size()];
  return (next == '/' || next == '@') &&
         std::equal(kScheme.begin(), kScheme.end(), text.begin(),
                    [](char ours, char theirs) { return ours == lower(theirs); });
}

Result<UnixAddress> parseUnixAddress(std::string_view text) {
  std::string_view path = text.substr(kScheme.size());
  if (path.front() == '@') return Status::invalid("abstract Unix sockets are not supported");
  if (path.substr(0, 2) == "//") path.remove_prefix(2);
  UnixAddress address;
  if (const std::size_t question = path.find('?'); question != std::string_view::npos) {
    address.mode = parseMode(path.substr(question + 1));
    if (!address.mode) return Status::invalid("behind ? only mode=660 (octal) is allowed");
    path = path.substr(0, question);
  }
  if (path.size() < 2 || path.front() != '/' || path.back() == '/') {
    return Status::invalid("expected the absolute path of a socket, as in unix:///run/x.sock");
  }
  if (path.size() > kLongestSocketPath) {
    return Status::invalid("the path has " + std::to_string(path.size()) +
                           " bytes; a Unix socket's has at most " +
                           std::to_string(kLongestSocketPath));
  }
  if (std::any_of(path.begin(), path.end(), isControl)) {
    return Status::invalid("the path has control characters");
  }
  address.path = path;
  return address;
}

Result<std::string> parseUnixPath(std::string_view text) {
  auto address = parseUnixAddress(text);
  if (!address.ok()) return std::move(address).status();
  if (address->mode) return Status::invalid("only a listener sets the mode of a Unix socket");
  return std::move(address->path);
}

bool isSocketPath(std::string_view host) noexcept { return host.substr(0, 1) == "/"; }

std::string unixAddressText(std::string_view path) { return "unix://" + std::string(path); }

}  // namespace evmicro::detail
