// A codec for protobuf's text format, which people can read: `curl -d $'Greeter.Hello 1\n\nname:
// "John"' -H 'Content-Type: text/x-protobuf'` calls a greeter.
#pragma once

#include <memory>

#include <evmicro/codec.h>

std::shared_ptr<const evmicro::Codec> makeTextCodec();
