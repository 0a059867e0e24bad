#pragma once

#include <curl/curl.h>

#include "base/module.h"

namespace evmicro::detail {

/// The functions of libcurl that we call.
struct CurlFunctions {
  EVMICRO_MODULE_FUNCTION(curl_easy_cleanup);
  EVMICRO_MODULE_FUNCTION(curl_easy_getinfo);
  EVMICRO_MODULE_FUNCTION(curl_easy_init);
  EVMICRO_MODULE_FUNCTION(curl_easy_setopt);
  EVMICRO_MODULE_FUNCTION(curl_easy_strerror);
  EVMICRO_MODULE_FUNCTION(curl_free);
  EVMICRO_MODULE_FUNCTION(curl_global_init);
  EVMICRO_MODULE_FUNCTION(curl_multi_add_handle);
  EVMICRO_MODULE_FUNCTION(curl_multi_assign);
  EVMICRO_MODULE_FUNCTION(curl_multi_cleanup);
  EVMICRO_MODULE_FUNCTION(curl_multi_info_read);
  EVMICRO_MODULE_FUNCTION(curl_multi_init);
  EVMICRO_MODULE_FUNCTION(curl_multi_remove_handle);
  EVMICRO_MODULE_FUNCTION(curl_multi_setopt);
  EVMICRO_MODULE_FUNCTION(curl_multi_socket_action);
  EVMICRO_MODULE_FUNCTION(curl_slist_append);
  EVMICRO_MODULE_FUNCTION(curl_slist_free_all);
  EVMICRO_MODULE_FUNCTION(curl_url);
  EVMICRO_MODULE_FUNCTION(curl_url_cleanup);
  EVMICRO_MODULE_FUNCTION(curl_url_get);
  EVMICRO_MODULE_FUNCTION(curl_url_set);
};

/// @pre loadCurl() has succeeded.
const CurlFunctions& curl() noexcept;

}  // namespace evmicro::detail

extern "C" const evmicro::detail::Module evmicroCurlModule;
