#include "codec/codec_table.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "base/ascii.h"
#include "codec/grpc_codec.h"

namespace evmicro::detail {

namespace {

std::string_view withoutParameters(std::string_view contentType) {
  const std::string_view type = contentType.substr(0, contentType.find(';'));
  const std::size_t last = type.find_last_not_of(" \t");
  return last == std::string_view::npos ? std::string_view() : type.substr(0, last + 1);
}

}  // namespace

CodecTable::CodecTable(const Codecs& own) {
  const std::shared_ptr<const Codec> proto = makeProtoRpcCodec();
  const std::shared_ptr<const Codec> json = makeJsonRpcCodec();
  entries_ = {{std::string(kDefaultContentType), proto},
              {"application/json", json},
              {"application/protobuf", proto},
              {"application/proto-rpc", proto},
              {"application/json-rpc", json},
              {"application/grpc", makeGrpcCodec(proto)},
              {"application/grpc+proto", makeGrpcCodec(proto)},
              {"application/grpc+json", makeGrpcCodec(json)}};
  for (const auto& [contentType, codec] : own) {
    if (!codec) throw std::invalid_argument("evmicro: no codec given for \"" + contentType + "\"");
    add(contentType, codec);
  }
}

void CodecTable::add(std::string contentType, std::shared_ptr<const Codec> codec) {
  const auto known = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) {
    return entry.contentType == contentType;
  });
  if (known != entries_.end()) {
    known->codec = std::move(codec);
  } else {
    entries_.push_back({std::move(contentType), std::move(codec)});
  }
}

const Codec* CodecTable::codecFor(std::string_view contentType) const noexcept {
  const std::string_view type = withoutParameters(contentType);
  for (const Entry& entry : entries_) {
    if (entry.contentType == type) return entry.codec.get();
  }
  return isGrpcType(type) ? codecInAnyCase(type) : nullptr;
}

const Codec* CodecTable::codecInAnyCase(std::string_view type) const noexcept {
  for (const Entry& entry : entries_) {
    if (equalsIgnoringCase(entry.contentType, type)) return entry.codec.get();
  }
  return nullptr;
}

}  // namespace evmicro::detail
