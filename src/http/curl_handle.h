#pragma once

#include <curl/curl.h>

#include "event/handles.h"

namespace evmicro::detail {

using CurlEasy = CHandle<CURL, curl_easy_cleanup>;
using CurlMulti = CHandle<CURLM, curl_multi_cleanup>;
using CurlText = CHandle<char, curl_free>;
using CurlUrl = CHandle<CURLU, curl_url_cleanup>;
using CurlList = CHandle<curl_slist, curl_slist_free_all>;

}  // namespace evmicro::detail
