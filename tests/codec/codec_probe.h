#pragma once

#include <string>
#include <string_view>

#include <evmicro/codec.h>

namespace evmicro::test {

/// Feeds `bytes`, whatever they are, to all that a codec reads with, and checks what must always
/// hold: the blocks in which they lie make no difference, an error says something, and what was
/// read can be written and read again. Returns the first rule that is broken, "" when none is.
/// The fuzz targets and the tests share it.
std::string probeCodec(const Codec& codec, std::string_view bytes);

}  // namespace evmicro::test
