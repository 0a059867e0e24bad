#pragma once

#include <string_view>

#include <evmicro/transport.h>

#include "codec/codec_table.h"

namespace evmicro::detail {

/// Changes the answer to a request that was refused before it was complete to the error form of the
/// codec that its `headers` name, with the id of `server`: Go's clients ignore the status and
/// decode the body. Without a known content type the answer stays as it is.
void writeRefusal(const CodecTable& codecs, std::string_view server, const Metadata& headers,
                  Page& answer);

}  // namespace evmicro::detail
