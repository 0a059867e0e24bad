// A selector that calls the newest version there is.
#pragma once

#include <memory>

#include <evmicro/selector.h>
#include <evmicro/service_view.h>

/// `view` must outlive it.
std::unique_ptr<evmicro::Selector> makeNewestSelector(evmicro::ServiceView& view);
