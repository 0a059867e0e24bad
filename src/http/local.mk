core_sources += \
  src/http/accepted_connection.h \
  src/http/admission.cc \
  src/http/admission.h \
  src/http/arrivals.cc \
  src/http/arrivals.h \
  src/http/carried_headers.cc \
  src/http/client.cc \
  src/http/curl_functions.h \
  src/http/curl_handle.h \
  src/http/curl_library.cc \
  src/http/curl_library.h \
  src/http/evhttp_acceptor.cc \
  src/http/evhttp_acceptor.h \
  src/http/evhttp_gate.cc \
  src/http/evhttp_gate.h \
  src/http/exchange.cc \
  src/http/exchange.h \
  src/http/head.cc \
  src/http/head.h \
  src/http/head_writer.cc \
  src/http/head_writer.h \
  src/http/http_date.cc \
  src/http/http_date.h \
  src/http/memory_budget.cc \
  src/http/memory_budget.h \
  src/http/lingering_close.cc \
  src/http/lingering_close.h \
  src/http/page.cc \
  src/http/page.h \
  src/http/protocol.cc \
  src/http/protocol.h \
  src/http/reader.cc \
  src/http/reader.h \
  src/http/refusal.cc \
  src/http/refusal.h \
  src/http/rpc_header.h \
  src/http/server.cc \
  src/http/server.h \
  src/http/server_core.cc \
  src/http/server_core.h \
  src/http/socket.cc \
  src/http/socket.h \
  src/http/socket_limits.cc \
  src/http/socket_shared.h \
  src/http/transfer.cc \
  src/http/transfer.h \
  src/http/url.cc \
  src/http/url.h

# Loaded with the first HTTP client, that of a registry for example.
modules_LTLIBRARIES += evmicro-curl.la
EXTRA_libevmicro_la_DEPENDENCIES += evmicro-curl.la
evmicro_curl_la_SOURCES = src/http/curl_module.cc
evmicro_curl_la_CXXFLAGS = $(module_CXXFLAGS)
evmicro_curl_la_LDFLAGS = $(module_LDFLAGS)
evmicro_curl_la_LIBADD = $(CURL_LIBS)
libevmicro_modules_la_SOURCES += src/http/curl_module.cc
