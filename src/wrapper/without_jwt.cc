#include <evmicro/auth.h>

namespace evmicro {

Result<Wrapper> jwtAuth(JwtOptions /*options*/) {
  return Status::invalid("evmicro was built without libjwt (Debian: libjwt-dev)");
}

}  // namespace evmicro
