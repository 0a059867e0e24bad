#pragma once

#include <exception>
#include <string>

#include <evmicro/status.h>

namespace evmicro::detail {

/// The error 500 for an exception from user code; logs it.
Status thrownBy(const char* what, const char* text);

/// Runs user code that a peer can cause to run. An exception must not cross libevent, whose base
/// would be unusable afterwards: it is logged and becomes an error 500. `what` names the code: "the
/// handler".
template <typename F>
Status runUserCode(const char* what, F&& code) {
  try {
    code();
    return {};
  } catch (const std::exception& error) {
    return thrownBy(what, error.what());
  } catch (...) {
    return thrownBy(what, nullptr);
  }
}

}  // namespace evmicro::detail
