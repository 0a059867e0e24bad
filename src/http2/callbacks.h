#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>

#include <nghttp2/nghttp2.h>

namespace evmicro::detail {

/// What nghttp2 calls, with the Http2Session as user data.
const nghttp2_session_callbacks* http2Callbacks();

/// A source of data: the output of the stream.
ssize_t http2ReadOutput(nghttp2_session* session, std::int32_t id, std::uint8_t* to,
                        std::size_t room, std::uint32_t* flags, nghttp2_data_source* source,
                        void* user) noexcept;

}  // namespace evmicro::detail
