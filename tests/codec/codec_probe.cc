#include "codec/codec_probe.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include "codec/codec_support.h"
#include "tests/codec/mapping.pb.h"

namespace evmicro::test {

namespace {

using mapping::Everything;

// Protobuf with its maps in order, so that equal messages have equal bytes.
std::string bytesOf(const google::protobuf::Message& message) {
  std::string bytes;
  google::protobuf::io::StringOutputStream stream(&bytes);
  google::protobuf::io::CodedOutputStream coded(&stream);
  coded.SetSerializationDeterministic(true);
  message.SerializePartialToCodedStream(&coded);
  coded.Trim();
  return bytes;
}

std::string describe(const Status& status) {
  return status.ok() ? "ok;" : "error " + status.detail() + ";";
}

// All that one way of reading makes of a text.
struct Reading {
  Status envelope;
  Frame frame;
  Status payload;
  Everything message;
  JsonDocument document;

  bool isWhole() const { return envelope.ok() && payload.ok() && frame.error.empty(); }
  std::string summary() const {
    if (!envelope.ok()) return describe(envelope);
    return frame.method + ";" + frame.id + ";" + frame.error + ";" + describe(payload) +
           (payload.ok() ? bytesOf(message) : "") + ";" + document.text;
  }
};

using ReadEnvelope = Status (Codec::*)(Buffer&, Frame&) const;

Reading read(const Codec& codec, ReadEnvelope readEnvelope, Buffer body) {
  Reading reading;
  reading.envelope = (codec.*readEnvelope)(body, reading.frame);
  if (!reading.envelope.ok()) return reading;
  reading.payload = codec.readPayload(reading.frame, body, &reading.message);
  if (!codec.readPayload(reading.frame, body, &reading.document).ok()) reading.document.text = "-";
  return reading;
}

// The reply that a server would send with what it was sent must come back as that.
std::string probeEcho(const Codec& codec, const Reading& request) {
  Buffer body;
  if (!codec.writeReply(request.frame, &request.message, body).ok()) return "";
  const std::string written = body.toString();
  const Reading reply = read(codec, &Codec::readReply, std::move(body));
  if (!reply.isWhole()) return "a written reply cannot be read: " + reply.summary();
  Buffer again;
  if (!codec.writeReply(reply.frame, &reply.message, again).ok()) return "not written again";
  Frame copied;
  copied.method = request.frame.method;  // json-rpc replies have none
  copied.id = reply.frame.id;
  Buffer second;
  if (!codec.writeReply(copied, &reply.message, second).ok()) return "not written a second time";
  // Maps of protobuf have no order: only what JSON writes can be compared to the byte.
  const bool isOrdered = codec.name() == "json-rpc";
  if (isOrdered && second.toString() != written) return "written twice, it differs";
  if (second.size() != written.size()) return "written twice, its size differs";
  if (!isOrdered && bytesOf(reply.message) != bytesOf(request.message)) return "another message";
  return "";
}

std::string probeEnvelope(const Codec& codec, ReadEnvelope readEnvelope, std::string_view bytes) {
  const Reading whole = read(codec, readEnvelope, Buffer(bytes));
  if (!whole.envelope.ok() && whole.envelope.detail().empty()) return "an error without a text";
  if (!whole.payload.ok() && whole.payload.detail().empty()) return "an error without a text";
  for (const std::size_t block : {std::size_t{1}, std::size_t{7}}) {
    if (bytes.size() / block > 64) continue;  // many blocks cost time and show nothing new
    const Reading pieces = read(codec, readEnvelope, inBlocks(bytes, block));
    if (pieces.summary() != whole.summary()) {
      return "blocks matter: " + whole.summary() + " / " + pieces.summary();
    }
  }
  return whole.isWhole() ? probeEcho(codec, whole) : "";
}

std::string probeUnmarshal(const Codec& codec, std::string_view bytes) {
  Buffer body = inBlocks(bytes, 7);
  Everything message;
  if (!codec.unmarshal(body, &message).ok()) return "";
  Buffer written;
  if (!codec.marshal(&message, written).ok()) return "";
  Everything again;
  const Status status = codec.unmarshal(written, &again);
  if (!status.ok()) return "a marshalled message cannot be read: " + status.detail();
  return message.ByteSizeLong() >= again.ByteSizeLong() ? "" : "a message grew";
}

}  // namespace

std::string probeCodec(const Codec& codec, std::string_view bytes) {
  for (const ReadEnvelope readEnvelope : {&Codec::readRequest, &Codec::readReply}) {
    std::string problem = probeEnvelope(codec, readEnvelope, bytes);
    if (!problem.empty()) return problem;
  }
  return probeUnmarshal(codec, bytes);
}

}  // namespace evmicro::test
