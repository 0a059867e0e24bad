#include "support/registry_query.h"

#include <chrono>
#include <stdexcept>

#include "support/http_get.h"
#include "support/process.h"

namespace evmicro::test {

namespace {

// The value of a header, "" without it; `name` in lower case.
std::string headerOf(const std::string& head, const std::string& name) {
  std::string lower;
  for (const char c : head) lower += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  const std::size_t at = lower.find("\r\n" + name + ": ");
  if (at == std::string::npos) return "";
  const std::size_t start = at + name.size() + 4;
  return lower.substr(start, lower.find('\r', start) - start);
}

}  // namespace

std::string awaitRegistry(const std::string& registry, const std::string& path,
                          const std::function<bool(const std::string&)>& accept) {
  const auto limit = std::chrono::steady_clock::now() + Process::kPatience;
  const std::string separator = path.find('?') == std::string::npos ? "?" : "&";
  std::string index;
  std::string last = "nothing";
  while (std::chrono::steady_clock::now() < limit) {
    const std::string wait = index.empty() ? "" : separator + "wait=2s&index=" + index;
    const auto answer = httpGet(registry, path + wait);
    if (!answer || answer->status != 200) break;
    if (accept(answer->body)) return answer->body;
    last = answer->body;
    index = headerOf(answer->head, "x-consul-index");
  }
  throw std::runtime_error(registry + path + ": not what was waited for: " + last);
}

}  // namespace evmicro::test
