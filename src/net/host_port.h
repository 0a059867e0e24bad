#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <evmicro/status.h>

namespace evmicro::detail {

/// The parts of `host:port`, as views of the text.
struct HostPort {
  std::string_view host;  ///< IPv6 without brackets; may be empty
  std::string_view port;  ///< not checked: see parsePort()
  bool hasPort = false;   ///< whether there was a colon before it
};

/// Splits `host`, `host:port`, `:port`, `[v6]` and `[v6]:port`. The error (kInvalid) says what is
/// wrong: the brackets, an IPv6 address without brackets, or a scheme. The caller should quote the
/// text.
Result<HostPort> splitHostPort(std::string_view text);

/// A port number from 0 to 65535: digits and nothing else.
std::optional<std::uint16_t> parsePort(std::string_view text) noexcept;

/// `host` as it stands before a port: an IPv6 address in brackets, which it may have already. The
/// address of a Unix socket stays as it is.
std::string bracketed(std::string_view host);

/// `host:port`, with brackets around an IPv6 address.
std::string joinHostPort(std::string_view host, std::string_view port);
std::string joinHostPort(std::string_view host, std::uint16_t port);

/// Whether `host` can be a host name or an IP address (IPv6 without brackets, perhaps with a zone):
/// it is not empty and has only letters, digits, `-._~` and bytes above 127.
bool isHostName(std::string_view host) noexcept;

/// The parts of `scheme://rest`. Without a scheme, `name` is empty and `rest` is the whole text.
struct Scheme {
  std::string name;  ///< in lower case
  std::string_view rest;
};
Scheme splitScheme(std::string_view text);

/// `text` without the blanks, tabs and line ends around it.
std::string_view trimBlanks(std::string_view text) noexcept;

}  // namespace evmicro::detail
