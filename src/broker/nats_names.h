#pragma once

#include <string>
#include <string_view>

namespace evmicro::detail {

/// The subject for `topic`: the same text, with characters that a subject must not contain (blanks,
/// control characters, wildcards, dots that would leave a token empty) and `%` encoded as `%XX`.
std::string natsSubject(std::string_view topic);

/// The same for a subscription: keeps the wildcards `*` (a whole token) and `>` (the last token).
std::string natsPattern(std::string_view topic);

/// Whether a pattern has wildcards.
bool natsHasWildcard(std::string_view pattern) noexcept;

/// The topic for `subject`, which others may have made.
std::string natsTopic(std::string_view subject);

/// Whether a queue group may have this name: it has no blanks and no control characters.
bool natsQueueName(std::string_view name) noexcept;

}  // namespace evmicro::detail
