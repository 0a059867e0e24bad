#pragma once

#include "http/curl_functions.h"

namespace evmicro::detail {

using CurlEasy = ModuleHandle<CURL, curl, &CurlFunctions::curl_easy_cleanup>;
using CurlMulti = ModuleHandle<CURLM, curl, &CurlFunctions::curl_multi_cleanup>;
using CurlText = ModuleHandle<char, curl, &CurlFunctions::curl_free>;
using CurlUrl = ModuleHandle<CURLU, curl, &CurlFunctions::curl_url_cleanup>;
using CurlList = ModuleHandle<curl_slist, curl, &CurlFunctions::curl_slist_free_all>;

}  // namespace evmicro::detail
