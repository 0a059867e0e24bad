// A registry in a file: one line for each node, that all programs of this machine read and write.
#pragma once

#include <memory>
#include <string>

#include <evmicro/event_loop.h>
#include <evmicro/registry.h>

/// Keeps the nodes in the file at `path`, which need not exist yet.
std::unique_ptr<evmicro::Registry> makeFileRegistry(evmicro::EventLoop& loop, std::string path);
