#pragma once

#include <evmicro/metadata.h>

namespace evmicro {

/// Metadata of a reply. By gRPC `initial` comes before the first message and `trailing` with the
/// status. By go-micro's protocol both are headers of the reply; of a stream, `initial` those of
/// the first message and `trailing` those of the last.
///
/// For values that are not text see binary_metadata.h.
struct ReplyMetadata {
  Metadata initial;   ///< before the first message
  Metadata trailing;  ///< with the end
};

}  // namespace evmicro
