#pragma once

#include <string>
#include <string_view>

#include <evmicro/status.h>

namespace evmicro::detail {

/// What is found in a json-rpc object. Views point into the text that was read, and are empty when
/// the member is missing.
struct JsonEnvelope {
  std::string method;        ///< requests
  std::string_view id;       ///< raw
  std::string_view payload;  ///< the first of `params`, or `result`
  /// requests: why there is no message to read, when `params` is missing or not an array
  std::string payloadProblem;
  std::string error;  ///< replies, empty on success
};

/// Reads the first JSON value of `text`; what follows it is ignored. Keys match in any case, of the
/// same key the last counts, unknown ones are skipped. An error means that the text is no JSON
/// object or has a method that is no string.
Status readJsonRequest(std::string_view text, JsonEnvelope& envelope);
/// The same for `{"id":..,"result":..,"error":..}`.
Status readJsonReply(std::string_view text, JsonEnvelope& envelope);

}  // namespace evmicro::detail
