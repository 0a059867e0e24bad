// The work that `tests/guard/bodies` counts the instructions of: a request of one kind is read from
// JSON and written as a reply. What a request costs per byte decides how long one of 16 MiB holds
// the loop. The kinds are those that used to cost the most.
#include <cstdio>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>

#include <google/protobuf/descriptor.pb.h>

#include <evmicro/buffer.h>
#include <evmicro/codec.h>

namespace {

// It has strings and lists of them and of integers.
using Message = google::protobuf::SourceCodeInfo_Location;

constexpr std::size_t kSize = 1U << 18;

std::string times(const std::string& text) {
  std::string all;
  all.reserve(kSize);
  while (all.size() + text.size() <= kSize) all += text;
  return all;
}
std::string inText(const std::string& text) {
  return R"({"leading_comments":")" + times(text) + "\"}";
}
std::string inList(const std::string& field, const std::string& element) {
  return "{\"" + field + "\":[" + times(element + ",") + element + "]}";
}
std::string members(const std::function<std::string(std::size_t)>& name) {
  std::string all = "{";
  for (std::size_t i = 0; all.size() < kSize; ++i) all += "\"" + name(i) + "\":\"\",";
  return all + "\"x\":0}";
}

const std::map<std::string, std::function<std::string()>> kKinds = {
    {"plain", [] { return inText("a"); }},
    {"html", [] { return inText("<"); }},
    {"control", [] { return inText("\\u0001"); }},
    {"quotes", [] { return inText("\\\""); }},
    {"not-utf8", [] { return inText("\xFF"); }},
    {"cut-utf8", [] { return inText("\xE2\x82"); }},
    {"two-bytes", [] { return inText("\xC3\xBC"); }},
    {"three-bytes", [] { return inText("\xE2\x82\xAC"); }},
    {"mixed", [] { return inText("a<\xC3\xBC"); }},
    {"strings", [] { return inList("leading_detached_comments", "\"abc\""); }},
    {"integers", [] { return inList("path", "1"); }},
    {"keys", [] { return members([](std::size_t i) { return "k" + std::to_string(i); }); }},
    {"same-field", [] { return members([](std::size_t) { return "leading_comments"; }); }},
};

void check(const evmicro::Status& status) {
  if (!status.ok()) throw std::runtime_error(status.toString());
}

}  // namespace

// The name is what valgrind is told to collect in. Returns how many bytes there were.
extern "C" [[gnu::noinline]] std::size_t evmicroGuardedBody(const evmicro::Codec& codec,
                                                            evmicro::Buffer& body) {
  evmicro::Frame frame;
  Message message;
  const std::size_t size = body.size();
  check(codec.readRequest(body, frame));
  check(codec.readPayload(frame, body, &message));
  evmicro::Buffer reply;
  check(codec.writeReply(frame, &message, reply));
  return size + reply.size();
}

// Without an argument: the names of the kinds.
int main(int argc, char** argv) {
  if (argc < 2) {
    for (const auto& [name, make] : kKinds) std::puts(name.c_str());
    return 0;
  }
  const auto codec = evmicro::makeJsonRpcCodec();
  evmicro::Buffer body;
  body.adopt(R"({"method":"A.B","params":[)" + kKinds.at(argv[1])() + R"(],"id":1})");
  std::printf("%zu\n", evmicroGuardedBody(*codec, body));
  return 0;
}
