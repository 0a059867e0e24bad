#pragma once

#include <string_view>

#include <evmicro/transport.h>

#include "codec/codec_table.h"

namespace evmicro::detail {

/// Puts the answer to a request that was refused before it was whole in the error form of the codec
/// that its `headers` name, with the id of `server`: Go's clients ignore the status and read the
/// body by their codec. Without a known content type it stays as it is.
void writeRefusal(const CodecTable& codecs, std::string_view server, const Metadata& headers,
                  Page& answer);

}  // namespace evmicro::detail
