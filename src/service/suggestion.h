#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace evmicro::detail {

/// For the error about an unknown word: `: did you mean PREFIXnearest?` with the most similar of
/// `known`; empty if none is similar.
std::string didYouMean(std::string_view word, const std::vector<std::string>& known,
                       std::string_view prefix = {});

}  // namespace evmicro::detail
