#pragma once

#include <memory>

#include <evmicro/event_loop.h>
#include <evmicro/transport.h>

/// Requests with one reply over TCP, each a frame: two numbers of 4 bytes (big-endian), the sizes
/// of the headers and of the body, then the headers as lines `Name: value`, then the body.
/// Addresses are numeric. Carries no streams.
std::unique_ptr<evmicro::Transport> makeFrameTransport(evmicro::EventLoop& loop);
