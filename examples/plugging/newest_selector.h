// A selector that prefers the newest version.
#pragma once

#include <memory>

#include <evmicro/selector.h>
#include <evmicro/service_view.h>

/// `view` must outlive it.
std::unique_ptr<evmicro::Selector> makeNewestSelector(evmicro::ServiceView& view);
