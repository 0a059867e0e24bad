# The library: its objects are gathered in libevmicro_core, which the tests link whole so that they
# reach what the library hides.
evmicrodir = $(includedir)/evmicro
evmicro_HEADERS = \
  include/evmicro/async_stream.h \
  include/evmicro/auth.h \
  include/evmicro/breaker.h \
  include/evmicro/binary_metadata.h \
  include/evmicro/broker.h \
  include/evmicro/broker_credentials.h \
  include/evmicro/buffer.h \
  include/evmicro/call.h \
  include/evmicro/carried_headers.h \
  include/evmicro/check_service.h \
  include/evmicro/client.h \
  include/evmicro/client_facade.h \
  include/evmicro/codec.h \
  include/evmicro/compressed.h \
  include/evmicro/consul_registry.h \
  include/evmicro/context.h \
  include/evmicro/coroutine.h \
  include/evmicro/etcd_registry.h \
  include/evmicro/event_loop.h \
  include/evmicro/export.h \
  include/evmicro/fork.h \
  include/evmicro/health.h \
  include/evmicro/http_broker.h \
  include/evmicro/http_client.h \
  include/evmicro/http_endpoints.h \
  include/evmicro/http_transport.h \
  include/evmicro/evhttp_transport.h \
  include/evmicro/lifetime.h \
  include/evmicro/log.h \
  include/evmicro/loop_pump.h \
  include/evmicro/memory_broker.h \
  include/evmicro/memory_registry.h \
  include/evmicro/memory_transport.h \
  include/evmicro/message.h \
  include/evmicro/metadata.h \
  include/evmicro/metrics.h \
  include/evmicro/nats_broker.h \
  include/evmicro/observers.h \
  include/evmicro/offload.h \
  include/evmicro/pending.h \
  include/evmicro/rate_limit.h \
  include/evmicro/registry.h \
  include/evmicro/reply_metadata.h \
  include/evmicro/selector.h \
  include/evmicro/server.h \
  include/evmicro/server_events.h \
  include/evmicro/server_stats.h \
  include/evmicro/service.h \
  include/evmicro/service_json.h \
  include/evmicro/service_view.h \
  include/evmicro/status.h \
  include/evmicro/stream.h \
  include/evmicro/subject.h \
  include/evmicro/task.h \
  include/evmicro/timer.h \
  include/evmicro/tls.h \
  include/evmicro/transport.h \
  include/evmicro/web_body.h \
  include/evmicro/web_files.h \
  include/evmicro/web_server.h \
  include/evmicro/web_service.h \
  include/evmicro/web_socket.h \
  include/evmicro/when.h \
  include/evmicro/wrapper.h
nodist_evmicro_HEADERS = include/evmicro/version.h

noinst_LTLIBRARIES += libevmicro_core.la
libevmicro_core_la_CXXFLAGS = $(AM_CXXFLAGS) $(library_precompiled) $(hidden_symbols) $(unity_CXXFLAGS)
libevmicro_core_la_LIBADD = $(PROTOBUF_LIBS) $(PRIVATE_LIBS)
core_sources =
nodist_libevmicro_core_la_SOURCES =
if UNITY
libevmicro_core_la_SOURCES =
nodist_libevmicro_core_la_SOURCES += $(core_unity)
else
libevmicro_core_la_SOURCES = $(core_sources)
endif

lib_LTLIBRARIES += libevmicro.la
libevmicro_la_SOURCES =
nodist_EXTRA_libevmicro_la_SOURCES = dummy.cc
libevmicro_la_LIBADD = libevmicro_core.la
# current:revision:age of the binary interface; not the package's version. `interface` is current - age,
# the number in the soname.
interface = 0
# Never unloaded: handlers of signals, of fork() and of protobuf's log point into it.
libevmicro_la_LDFLAGS = $(AM_LDFLAGS) -version-info 0:0:0 -no-undefined -Wl,-z,nodelete \
  -Wl,--version-script=$(srcdir)/src/package/libevmicro.map
libevmicro_la_DEPENDENCIES = libevmicro_core.la src/package/libevmicro.map

# Modules bring in libraries that only some programs use (src/base/module.h). Their folder has the number
# of the interface, so that two versions of the library can be installed.
modulesdir = $(pkglibdir)/$(interface)
modules_LTLIBRARIES =
# In a build folder, the library finds them beside it.
EXTRA_libevmicro_la_DEPENDENCIES =
module_CXXFLAGS = $(AM_CXXFLAGS) $(hidden_symbols)
module_LDFLAGS = $(AM_LDFLAGS) $(NO_UNDEFINED) -module -avoid-version -shared

# The modules for static links: LINKED_MODULES makes the linker take those for libcurl and libnats.
if STATIC
lib_LTLIBRARIES += libevmicro-modules.la
else
noinst_LTLIBRARIES += libevmicro-modules.la
endif
libevmicro_modules_la_SOURCES =
libevmicro_modules_la_CXXFLAGS = $(module_CXXFLAGS)
libevmicro_modules_la_LDFLAGS = $(AM_LDFLAGS) -static
libevmicro_modules_la_LIBADD = $(MODULE_LIBS)
linked_modules = libevmicro-modules.la $(LINKED_MODULES)

modules: $(modules_LTLIBRARIES)

EXTRA_DIST += src/DESIGN.md

include src/base/local.mk
include src/json/local.mk
include src/event/local.mk
include src/codec/local.mk
include src/metrics/local.mk
include src/net/local.mk
include src/http/local.mk
include src/http2/local.mk
include src/registry/local.mk
include src/discovery/local.mk
include src/transport/local.mk
include src/selector/local.mk
include src/call/local.mk
include src/wrapper/local.mk
include src/broker/local.mk
include src/client/local.mk
include src/server/local.mk
include src/service/local.mk
include src/web/local.mk
include src/package/local.mk
if BUILD_TOOLS
include src/agent/local.mk
include src/gateway/local.mk
include src/dashboard/local.mk
include src/tool/local.mk
include src/protoc/local.mk
endif
include src/man/local.mk
include src/manual/local.mk
