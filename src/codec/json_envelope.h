#pragma once

#include <string>
#include <string_view>

#include <evmicro/status.h>

namespace evmicro::detail {

/// The members of a json-rpc object. Views point into the parsed text, and are empty if the member
/// is missing.
struct JsonEnvelope {
  std::string method;        ///< requests
  std::string_view id;       ///< raw
  std::string_view payload;  ///< the first element of `params`, or `result`
  /// requests: why there is no payload, if `params` is missing or not an array
  std::string payloadProblem;
  std::string error;  ///< replies, empty on success
};

/// Parses the first JSON value of `text`; anything after it is ignored. Keys are case-insensitive,
/// the last of equal keys counts, unknown ones are skipped. An error means that the text is not a
/// JSON object, or that its method is not a string.
Status readJsonRequest(std::string_view text, JsonEnvelope& envelope);
/// The same for `{"id":..,"result":..,"error":..}`.
Status readJsonReply(std::string_view text, JsonEnvelope& envelope);

}  // namespace evmicro::detail
