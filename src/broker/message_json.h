#pragma once

#include <string>
#include <string_view>

#include <evmicro/broker.h>
#include <evmicro/status.h>

namespace evmicro::detail {

/// The name under which a message's header holds its topic.
inline constexpr std::string_view kTopicHeader = ":topic";

/// A message as it travels: Go's JSON of a struct {Header map[string]string; Body []byte}, the
/// topic among the headers under `:topic`.
struct TopicMessage {
  std::string topic;  ///< empty: it has none
  BrokerMessage message;
};

/// To the letter as Go writes it: names sorted, the body in padded base64, no line end. Bytes of
/// names and values that are no UTF-8 become U+FFFD.
std::string writeMessageJson(std::string_view topic, const BrokerMessage& message);

/// Reads what Go reads: member names without regard to case, unknown ones skipped, null for an
/// empty Header or Body, the body also as an array of bytes. The error (kInvalid) says what is
/// wrong and where.
Result<TopicMessage> readMessageJson(std::string_view text);

}  // namespace evmicro::detail
