#pragma once

#include <string>
#include <vector>

#include <evmicro/service.h>
#include <evmicro/status.h>
#include <evmicro/tls.h>

#include "web_api.h"

namespace web {

/// The flags that tell a service of an API on the web: its base address, `--google_url`, and whom
/// to trust in place of the system's authorities, `--google_ca`.
class ApiFlags {
 public:
  /// `name` is what their names begin with, `url` the usual base address.
  ApiFlags(std::string name, std::string url) : name_(std::move(name)), url_(std::move(url)) {}
  ApiFlags(const ApiFlags&) = delete;
  ApiFlags& operator=(const ApiFlags&) = delete;

  /// These flags and `others`. This object must outlive Service::init().
  std::vector<evmicro::Flag> with(std::vector<evmicro::Flag> others);

  /// What they say; kInvalid: what is wrong with which of them.
  evmicro::Result<WebApi::Options> options() const;
  /// The same, but like Service::init() it ends a `program` whose flags are wrong, with exit code 2
  /// and the reason on stderr.
  WebApi::Options optionsOrExit(const char* program) const;

 private:
  const std::string name_;
  std::string url_;
  std::string ca_;
};

/// The base address of an API, without slashes at its end. kInvalid: `url` is not `http://HOST` or
/// `https://HOST`, with a port and a path or not.
evmicro::Result<std::string> baseOf(const std::string& url);

/// Trust in the certificates of a file (PEM), or of a folder that c_rehash has prepared; an empty
/// path means those of the system. kInvalid: there are none.
evmicro::Result<evmicro::TlsOptions> trustIn(const std::string& path);

}  // namespace web
