#pragma once

#include <string>
#include <string_view>

#include <zlib.h>

#include <evmicro/web_server.h>

namespace evmicro::detail {

/// Whether the client takes gzip (Accept-Encoding, with weights).
bool acceptsGzip(const WebFields& headers);

/// Whether it is worth compressing a reply with these headers: text, JSON and the like that are not
/// encoded already, may be transformed and have no range.
bool isCompressible(const WebFields& headers);

/// The headers of the compressed reply.
WebFields compressedHeaders(const WebFields& headers);

/// Compresses in the gzip format, in parts.
class GzipWriter {
 public:
  GzipWriter();
  GzipWriter(const GzipWriter&) = delete;
  GzipWriter& operator=(const GzipWriter&) = delete;
  ~GzipWriter();

  /// What there is to send for `bytes`: they can be decompressed at once.
  std::string write(std::string_view bytes) { return run(bytes, Z_SYNC_FLUSH); }
  /// `bytes`, and the end.
  std::string finish(std::string_view bytes) { return run(bytes, Z_FINISH); }

 private:
  std::string run(std::string_view bytes, int flush);

  z_stream stream_{};
};

}  // namespace evmicro::detail
