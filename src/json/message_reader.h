#pragma once

#include <string>
#include <string_view>

#include <google/protobuf/descriptor.h>

#include <evmicro/status.h>

#include "json/path.h"
#include "json/scanner.h"
#include "json/slot.h"

namespace evmicro::detail {

/// Decodes one JSON value into a message, in one pass and without a tree. Each function takes one
/// value from the scanner. The first error stops the scanner, and with it all loops.
class MessageReader {
 public:
  explicit MessageReader(std::string_view json) noexcept
      : scanner_(json), objectsLeft_(kFewObjects + json.size() / 4) {}

  /// Members that are skipped, or replace an earlier one of their object.
  static constexpr std::size_t kMostSurplus = 1U << 18;

  Status read(google::protobuf::Message& message, const JsonPath& root);

 private:
  using Message = google::protobuf::Message;
  using Descriptor = google::protobuf::Descriptor;
  using OneofDescriptor = google::protobuf::OneofDescriptor;

  /// What to do with a member that the message does not have.
  enum class Unknown { kSkip, kRefuse };

  void readMessage(Message& message, const JsonPath& at);
  void readObject(Message& message, const Descriptor& type, const JsonPath& at, Unknown unknown,
                  const OneofDescriptor* oneof = nullptr);
  void readUnknown(std::string_view key, Message& message, const JsonPath& at, Unknown unknown);
  void readField(Slot slot, const JsonPath& at);
  void readArray(Slot slot, const JsonPath& at);
  template <typename T>
  void readNumbers(Slot slot, const JsonPath& at);
  void readStrings(Slot slot, const JsonPath& at);
  bool readNumbersOfAnyType(Slot slot, const JsonPath& at);
  void readMap(Slot slot, const JsonPath& at);
  void readValue(Slot slot, const JsonPath& at);

  // well_known.cc: messages that have a special form in protobuf's JSON mapping.
  void readWellKnown(Message& message, const JsonPath& at);
  void readTime(Message& message, const JsonPath& at);
  void readFieldMask(Message& message, const JsonPath& at);
  void readStruct(Message& message, const JsonPath& at);
  void readDynamicValue(Message& message, const JsonPath& at);
  void readAny(Message& message, const JsonPath& at);
  void readAnyContent(Message& content, const JsonPath& at);

  void countSurplus(const JsonPath& at);
  void countObject(std::size_t weight, const JsonPath& at);
  void refuse(const JsonPath& at, const std::string& what);
  void refuseValue(const JsonPath& at, std::string_view expected);

  // As codec/field_limits.h: a message or string costs far more than the bytes that it comes as.
  static constexpr std::size_t kFewObjects = 1U << 19;
  static constexpr std::size_t kStringWeight = 1;

  JsonScanner scanner_;
  std::size_t surplusLeft_ = kMostSurplus;
  std::size_t objectsLeft_;
  Status problem_;
  int anyDepth_ = 0;
};

}  // namespace evmicro::detail
