#pragma once

#include <nghttp2/nghttp2.h>

#include "base/block_pool.h"

namespace evmicro::detail {

/// Makes nghttp2 take its memory from `pool`.
nghttp2_mem http2Memory(BlockPool& pool) noexcept;

}  // namespace evmicro::detail
