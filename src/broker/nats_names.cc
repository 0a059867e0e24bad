#include "broker/nats_names.h"

#include <algorithm>

#include "http/url.h"

namespace evmicro::detail {

namespace {

bool isPlain(char c) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  return byte > 0x20 && byte != 0x7F;
}

}  // namespace

std::string natsSubject(std::string_view topic) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::string subject;
  for (std::size_t i = 0; i < topic.size(); ++i) {
    const char c = topic[i];
    const bool emptyToken = c == '.' && (i == 0 || i + 1 == topic.size() || topic[i - 1] == '.');
    if (isPlain(c) && c != '*' && c != '>' && c != '%' && !emptyToken) {
      subject += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    subject += '%';
    subject += kDigits[byte >> 4];
    subject += kDigits[byte & 15];
  }
  return subject;
}

std::string natsPattern(std::string_view topic) {
  std::string pattern = natsSubject(topic);
  for (const std::string_view encoded : {"%2A", "%3E"}) {
    for (std::size_t at = 0; (at = pattern.find(encoded, at)) != std::string::npos; ++at) {
      const std::size_t end = at + encoded.size();
      const bool begins = at == 0 || pattern[at - 1] == '.';
      const bool ends = end == pattern.size() || (encoded == "%2A" && pattern[end] == '.');
      if (begins && ends) pattern.replace(at, encoded.size(), encoded == "%2A" ? "*" : ">");
    }
  }
  return pattern;
}

bool natsHasWildcard(std::string_view pattern) noexcept {
  return pattern.find_first_of("*>") != std::string_view::npos;
}

std::string natsTopic(std::string_view subject) {
  return decodePath(subject).value_or(std::string(subject));
}

bool natsQueueName(std::string_view name) noexcept {
  return std::all_of(name.begin(), name.end(), isPlain);
}

}  // namespace evmicro::detail
