#include "http/reader_agreement.h"

#include <algorithm>

namespace evmicro::test {

namespace {

using detail::HttpReader;

constexpr HttpReader::Limits kLimits{512, 2'048};

// Small, so that inputs of a fuzzer reach the limits.
class Reading {
 public:
  explicit Reading(detail::HttpRole role) : reader_(role, kLimits) {}

  void add(std::string_view piece) {
    input_.append(piece);
    note(reader_.read(input_));
  }
  void close() { note(reader_.finish(input_)); }

  std::string text() const {
    const auto refusal = reader_.refusal();
    return refusal.status != 0
               ? text_ + std::to_string(refusal.status) + " " + std::string(refusal.reason)
               : text_ + "waits";
  }
  const std::string& broken() const noexcept { return broken_; }

 private:
  void note(HttpReader::Progress progress) {
    while (progress == HttpReader::Progress::kMessage) {
      noteMessage();
      progress = reader_.read(input_);
    }
    if (progress == HttpReader::Progress::kRefused && reader_.refusal().status < 400) {
      broken_ = "refused without a status";
    }
  }

  void noteMessage() {
    const auto& head = reader_.head();
    text_ += head.method + " " + head.target + " " + std::to_string(head.status) +
             (head.close ? " close\n" : "\n");
    for (const auto entry : reader_.message().headers) {
      if (!detail::isHttpToken(entry.name)) broken_ = "a name that is no token";
      if (!detail::isHttpFieldValue(entry.value)) broken_ = "a control byte in a value";
      text_.append(entry.name).append(": ").append(entry.value).append("\n");
    }
    const std::string body = reader_.message().body.toString();
    if (body.size() > kLimits.bodyBytes) broken_ = "a body beyond the limit";
    if (head.hasLength && head.status != 204 && head.status != 304 && head.status != 101 &&
        body.size() != head.length) {
      broken_ = "a body that is not as long as it says";
    }
    text_ += body + "\n";
  }

  HttpReader reader_;
  Buffer input_;
  std::string text_;
  std::string broken_;
};

Reading readAll(detail::HttpRole role, std::string_view bytes, std::uint64_t cuts) {
  Reading reading(role);
  while (!bytes.empty()) {
    cuts = cuts * 6'364'136'223'846'793'005U + (cuts != 0 ? 1'442'695'040'888'963'407U : 0);
    const std::size_t size =
        cuts == 0 ? bytes.size() : std::min<std::size_t>(bytes.size(), 1 + (cuts >> 33) % 24);
    reading.add(bytes.substr(0, size));
    bytes.remove_prefix(size);
  }
  reading.close();
  return reading;
}

}  // namespace

std::string readInPieces(detail::HttpRole role, std::string_view bytes, std::uint64_t cuts) {
  return readAll(role, bytes, cuts).text();
}

std::string brokenPromise(detail::HttpRole role, std::string_view bytes, std::uint64_t cuts) {
  const Reading whole = readAll(role, bytes, 0);
  if (!whole.broken().empty()) return whole.broken();
  const std::string pieces = readInPieces(role, bytes, cuts | 1);
  if (pieces == whole.text()) return {};
  return "at once: " + whole.text() + "\nin pieces: " + pieces;
}

}  // namespace evmicro::test
