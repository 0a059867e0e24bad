#include "net/tls_bio.h"

#include <algorithm>
#include <new>

namespace evmicro::detail {

namespace {

TlsPipe& pipeOf(BIO* bio) { return *static_cast<TlsPipe*>(BIO_get_data(bio)); }

int readFrom(BIO* bio, char* to, std::size_t size, std::size_t* read) noexcept {
  std::string_view& input = pipeOf(bio).input;
  BIO_clear_retry_flags(bio);
  *read = input.copy(to, size);
  input.remove_prefix(*read);
  if (*read > 0) return 1;
  BIO_set_retry_read(bio);
  return 0;
}

int writeTo(BIO* bio, const char* from, std::size_t size, std::size_t* written) noexcept {
  BIO_clear_retry_flags(bio);
  std::vector<char>& output = pipeOf(bio).output;
  output.insert(output.end(), from, from + size);
  *written = size;
  return 1;
}

long control(BIO* /*bio*/, int command, long /*number*/, void* /*pointer*/) noexcept {
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

BIO_METHOD* makeMethod() {
  BIO_METHOD* const method =
      BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "evmicro pipe");
  if (!method) throw std::bad_alloc();
  BIO_meth_set_read_ex(method, readFrom);
  BIO_meth_set_write_ex(method, writeTo);
  BIO_meth_set_ctrl(method, control);
  return method;
}

}  // namespace

BIO* newTlsBio(TlsPipe& pipe) {
  static BIO_METHOD* const method = makeMethod();  // as long as the process
  BIO* const bio = BIO_new(method);
  if (!bio) throw std::bad_alloc();
  BIO_set_data(bio, &pipe);
  BIO_set_init(bio, 1);
  return bio;
}

}  // namespace evmicro::detail
