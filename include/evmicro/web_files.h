#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <evmicro/export.h>
#include <evmicro/web_server.h>

namespace evmicro {

/// How files are served.
struct WebFilesOptions {
  /// Served for a folder.
  std::string index = "index.html";
  std::string cacheControl = "no-cache";  ///< clients ask whether a file has changed
  WebFields headers;                      ///< more headers, of every reply
};

/// Serves the files below `folder`, for a route that ends in `{path...}`:
/// `server.handle("GET", "/static/{path...}", serveFolder("/srv/www"))`. Content types go by the
/// names. Handles If-None-Match, If-Modified-Since and a range of bytes; sends large files in
/// parts, as the client reads them. 404: there is no such file, or it is outside of `folder`, also
/// by a symbolic link. Reading a file blocks the loop as long as the disk takes.
EVMICRO_EXPORT WebServer::Handler serveFolder(std::string folder, WebFilesOptions options = {});

/// A file that is part of the program.
struct WebAsset {
  std::string path;        ///< `app.js`, `img/logo.svg`
  std::string_view bytes;  ///< must outlive the server
};

/// Serves assets in the same way. Their ETag is a digest of the content.
EVMICRO_EXPORT WebServer::Handler serveAssets(std::vector<WebAsset> assets,
                                              WebFilesOptions options = {});

/// The content type of a file called `name`: `text/html; charset=utf-8`;
/// `application/octet-stream` if the ending is not known.
EVMICRO_EXPORT std::string_view contentTypeOf(std::string_view name);

}  // namespace evmicro
