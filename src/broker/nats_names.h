#pragma once

#include <string>
#include <string_view>

namespace evmicro::detail {

/// The subject that stands for `topic`: the same text, but what a subject must not contain (blanks,
/// control characters, wildcards, dots that would leave a token empty) as `%XX`, and so `%`.
std::string natsSubject(std::string_view topic);

/// The same for a subscription: the wildcards `*`, as a whole token, and `>`, as the last one,
/// stay.
std::string natsPattern(std::string_view topic);

/// Whether a pattern has wildcards.
bool natsHasWildcard(std::string_view pattern) noexcept;

/// The topic that `subject` stands for; of subjects that others have made, too.
std::string natsTopic(std::string_view subject);

/// Whether a queue group can have this name: no blanks and no control characters.
bool natsQueueName(std::string_view name) noexcept;

}  // namespace evmicro::detail
