#pragma once

#include <memory>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/dns.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>

namespace evmicro::detail {

/// Owners of C objects. Each C type is wrapped here once; no class has a raw owning pointer to one.
template <auto Release>
struct ReleaseWith {
  template <typename T>
  void operator()(T* object) const noexcept {
    Release(object);
  }
};
template <typename T, auto Release>
using CHandle = std::unique_ptr<T, ReleaseWith<Release>>;

using EventHandle = CHandle<event, event_free>;
using EventBase = CHandle<event_base, event_base_free>;
using EvBuffer = CHandle<evbuffer, evbuffer_free>;
using BufferEvent = CHandle<bufferevent, bufferevent_free>;
using ConnListener = CHandle<evconnlistener, evconnlistener_free>;
using EvHttp = CHandle<evhttp, evhttp_free>;

}  // namespace evmicro::detail
