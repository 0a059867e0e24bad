#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include <evmicro/codec.h>

namespace evmicro::detail {

/// Whether a content type is one of gRPC's: `application/grpc`, `application/grpc+proto`, ... in
/// any case, with or without parameters.
bool isGrpcType(std::string_view contentType) noexcept;

/// The prefix of a message of `size` bytes that follow.
void appendGrpcPrefix(std::size_t size, Buffer& out);

/// application/grpc, +proto, +json: messages as `payloads` marshals them, each with gRPC's prefix
/// (a flag, which is 0, and the length, 4 bytes big endian). The method is not in them but in the
/// head of the stream: before readRequest() the frame has it. Errors are text with the flag 0x80: a
/// socket turns them into trailers, and back.
std::unique_ptr<Codec> makeGrpcCodec(std::shared_ptr<const Codec> payloads);

}  // namespace evmicro::detail
