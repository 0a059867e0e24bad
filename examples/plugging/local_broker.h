#pragma once

#include <memory>

#include <evmicro/broker.h>
#include <evmicro/event_loop.h>

/// Topics within one process, for all services that share the broker. Messages are handed over one
/// by one, each in a turn of the loop of its own; any number of them may be waiting.
std::unique_ptr<evmicro::Broker> makeLocalBroker(evmicro::EventLoop& loop);
