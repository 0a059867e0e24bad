#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <evmicro/status.h>

namespace evmicro::detail {

/// Whether `text` is meant to be the address of a Unix socket: `unix:` (in any case) and then a
/// path, or `@`. What else begins so is a host that is called `unix`.
bool isUnixAddress(std::string_view text) noexcept;

/// A Unix socket of this machine.
struct UnixAddress {
  std::string path;              ///< absolute, at most kLongestSocketPath bytes
  std::optional<unsigned> mode;  ///< permissions of the socket file; unset: 0777 less the umask
};

/// Bytes of a path that the system takes: `sun_path` without its NUL.
constexpr std::size_t kLongestSocketPath = 107;

/// Reads `unix:///path` and `unix:/path`, perhaps with `?mode=660` (octal) behind, which only
/// listeners take. Errors (kInvalid) say what is wrong with the text, which the caller quotes.
/// Abstract sockets (`unix:@name`) are refused: they have no permissions.
/// @pre isUnixAddress(text)
Result<UnixAddress> parseUnixAddress(std::string_view text);

/// Reads the same without a mode, for whoever dials or is told where to dial.
/// @pre isUnixAddress(text)
Result<std::string> parseUnixPath(std::string_view text);

/// Whether a host that was parsed is the path of a Unix socket: no name and no IP address has a
/// slash.
bool isSocketPath(std::string_view host) noexcept;

/// `unix:///path`.
std::string unixAddressText(std::string_view path);

}  // namespace evmicro::detail
