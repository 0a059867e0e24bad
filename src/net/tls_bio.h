#pragma once

#include <string_view>
#include <vector>

#include "net/tls_handles.h"

namespace evmicro::detail {

/// What OpenSSL reads from and writes to: the bytes that have just come from the system, and those
/// that go to it next. So no ciphertext is kept in a BIO, and no write is ever incomplete.
struct TlsPipe {
  std::string_view input;
  std::vector<char> output;
};

/// A BIO at the end of `pipe`, which must outlive it. Reading from an empty input asks to try
/// again.
BIO* newTlsBio(TlsPipe& pipe);

}  // namespace evmicro::detail
