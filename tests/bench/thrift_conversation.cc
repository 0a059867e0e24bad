// Thrift's framed transport with the binary protocol, as its C++ clients speak it.
#include <stdexcept>

#include "bench/conversation.h"

namespace evmicro::bench {

namespace {

using namespace std::string_literals;

// Greeter.Hello: the length, version and kind (1 call, 2 reply), the method, the sequence number,
// then a struct with the message as its field 1 (of the arguments) or 0 (of the result).
const std::string kRequest =
    "\0\0\0\x21\x80\x01\0\x01\0\0\0\x05Hello\0\0\0\0"
    "\x0c\0\x01\x0b\0\x01\0\0\0\x04John\0\0"s;
const std::string kAnswer =
    "\0\0\0\x27\x80\x01\0\x02\0\0\0\x05Hello\0\0\0\0"
    "\x0c\0\0\x0b\0\x02\0\0\0\x0aHello John\0\0"s;

class ThriftCalls final : public Conversation {
 public:
  void ask(std::size_t, std::string& out) override { out += kRequest; }
  std::size_t take(std::string_view input, std::vector<std::size_t>& over, std::string&) override {
    if (input.size() < kAnswer.size()) return 0;
    if (input != kAnswer) throw std::runtime_error("wrong reply of Thrift");
    over.push_back(0);
    return input.size();
  }
};

}  // namespace

std::unique_ptr<Conversation> thriftCalls() { return std::make_unique<ThriftCalls>(); }

}  // namespace evmicro::bench
