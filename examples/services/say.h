#pragma once

#include <iostream>

#include <evmicro/status.h>

/// For clients: prints what a call has given, `text` of the response, or on stderr why it failed.
/// Whether it went well.
template <typename Response, typename Text>
bool say(const char* what, const evmicro::Result<Response>& result, Text text) {
  if (result.ok()) {
    std::cout << what << ": " << text(*result) << '\n';
  } else {
    std::cerr << what << ": " << result.status().toString() << '\n';
  }
  return result.ok();
}

/// The same with all of the response; an empty one is `done`.
template <typename Response>
bool say(const char* what, const evmicro::Result<Response>& result) {
  return say(what, result, [](const Response& response) {
    return response.ByteSizeLong() == 0 ? "done" : response.ShortDebugString();
  });
}
