// protoc starts this program, writes a CodeGeneratorRequest to its stdin and reads the answer from
// its stdout. People only run it for its help or version.
#include <iostream>
#include <string_view>

#include <unistd.h>

#include <google/protobuf/compiler/plugin.h>

#include "config.h"
#include "protoc/generator.h"

namespace {

constexpr char kUsage[] =
    "protoc-gen-evmicro is run by protoc, which looks for it in the PATH:\n"
    "  protoc --cpp_out=DIR --evmicro_out=DIR FILE.proto\n"
    "or uses --plugin=protoc-gen-evmicro=PATH. It writes FILE.evmicro.h and\n"
    "FILE.evmicro.cc next to protoc's own FILE.pb.h and FILE.pb.cc.\n"
    "  --version  print the version\n"
    "  --help     print this text\n";

int answer(std::string_view question) {
  if (question == "--version") {
    std::cout << "protoc-gen-evmicro " PACKAGE_VERSION "\n";
    return 0;
  }
  if (question == "--help") {
    std::cout << kUsage;
    return 0;
  }
  std::cerr << "protoc-gen-evmicro: unknown argument \"" << question << "\"\n" << kUsage;
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1) return answer(argv[1]);
  if (::isatty(STDIN_FILENO)) {  // nobody will write a request: do not wait for one
    std::cerr << kUsage;
    return 2;
  }
  const evmicro::protoc::Generator generator;
  return google::protobuf::compiler::PluginMain(argc, argv, &generator);
}
