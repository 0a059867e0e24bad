#pragma once

#include <functional>
#include <string>

#include <evmicro/service.h>

namespace evmicro::test {

/// Calls services by JSON at their addresses, without a registry.
class JsonCaller {
 public:
  JsonCaller();

  EventLoop& loop() noexcept { return service_.loop(); }
  /// Turns the loop until there is an answer: the reply, or `code id detail`.
  std::string call(const std::string& address, const std::string& method,
                   const std::string& request);
  /// The same without waiting.
  void begin(const std::string& address, const std::string& method, const std::string& request,
             std::function<void(const std::string& answer)> done);

 private:
  Service service_;
};

}  // namespace evmicro::test
