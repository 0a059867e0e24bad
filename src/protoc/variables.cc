#include "protoc/variables.h"

namespace evmicro::protoc {

Variables variablesOf(const Method& method) {
  return {{"name", method.name},
          {"wire", method.wireName},
          {"Q", method.request},
          {"R", method.response},
          {"deprecated", method.deprecated ? "[[deprecated]] " : ""}};
}

}  // namespace evmicro::protoc
