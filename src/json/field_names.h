#pragma once

#include <string>
#include <string_view>

namespace evmicro::detail {

/// Whether two names of a field have the same words: `userId`, `user_id`, `UserID`. Those who know
/// the name of Go's field alone, from a registry, cannot know how the .proto writes it.
bool sameWords(std::string_view a, std::string_view b) noexcept;

/// What all names with the same words have in common, to look them up by: lower case, without
/// underscores but a leading one.
std::string wordsOf(std::string_view name);

/// The name in the .proto of a Go field: `UserId` and `UserID` are user_id, `HTTPPort` http_port.
std::string snakeCase(std::string_view name);

}  // namespace evmicro::detail
