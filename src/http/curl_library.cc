#include "http/curl_library.h"

#include "http/curl_functions.h"

// Defined in programs that are linked with the module for libcurl.
extern "C" __attribute__((weak)) const evmicro::detail::Module evmicroCurlModule;

namespace evmicro::detail {

namespace {

LoadedModule<CurlFunctions> libcurl({"libcurl", "evmicro-curl.so", "evmicroCurlModule",
                                     "libevmicro0"});

}  // namespace

Status loadCurl() {
  Status loaded = libcurl.load(&evmicroCurlModule);
  if (!loaded.ok()) return loaded;
  static const CURLcode begun = curl().curl_global_init(CURL_GLOBAL_DEFAULT);
  if (begun == CURLE_OK) return {};
  return Status::internal(std::string("libcurl cannot be initialised: ") +
                          curl().curl_easy_strerror(begun));
}

const CurlFunctions& curl() noexcept { return libcurl.functions(); }

}  // namespace evmicro::detail
