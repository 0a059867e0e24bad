#pragma once

#include <string>
#include <string_view>

#include <evmicro/broker.h>
#include <evmicro/status.h>

namespace evmicro::detail {

/// The header that holds a message's topic.
inline constexpr std::string_view kTopicHeader = ":topic";

/// A message on the wire: Go's JSON of a struct {Header map[string]string; Body []byte}, with the
/// topic in the header `:topic`.
struct TopicMessage {
  std::string topic;  ///< empty: there is none
  BrokerMessage message;
};

/// Exactly as Go writes it: names sorted, the body in padded base64, no newline. In names and
/// values, bytes that are not UTF-8 become U+FFFD.
std::string writeMessageJson(std::string_view topic, const BrokerMessage& message);

/// Accepts what Go accepts: case-insensitive member names, unknown members, null for an empty
/// Header or Body, and the body as an array of bytes. The error (kInvalid) says what is wrong and
/// where.
Result<TopicMessage> readMessageJson(std::string_view text);

}  // namespace evmicro::detail
