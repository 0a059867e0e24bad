#include <evmicro/codec.h>

namespace evmicro {

Frame::Frame() = default;
Frame::Frame(Frame&&) noexcept = default;
Frame& Frame::operator=(Frame&&) noexcept = default;
Frame::~Frame() = default;

}  // namespace evmicro
