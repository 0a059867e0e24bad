#pragma once

#include <array>
#include <string_view>

namespace evmicro::detail {

/// SHA-1 (FIPS 180-4), for the WebSocket handshake, in builds without OpenSSL as well. Broken as a
/// cryptographic hash: not for anything secret.
std::array<unsigned char, 20> sha1(std::string_view bytes);

}  // namespace evmicro::detail
