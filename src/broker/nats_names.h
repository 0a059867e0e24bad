#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <evmicro/status.h>

namespace evmicro::detail {

/// The subject that stands for `topic`: the same text, but what a subject must not hold (blanks,
/// control characters, wildcards, dots that would leave a token empty) as `%XX`, and so `%`.
std::string natsSubject(std::string_view topic);

/// `nats://host:port` for each of `addresses`, which are `host:port`; without any the local server.
Result<std::vector<std::string>> natsServers(const std::vector<std::string>& addresses);

}  // namespace evmicro::detail
