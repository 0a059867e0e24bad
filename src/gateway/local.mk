# The gateways of the evmicro program and of the tests; not of the library.
noinst_LTLIBRARIES += libevmicro_gateway.la
libevmicro_gateway_la_SOURCES = \
  src/gateway/admission.cc \
  src/gateway/admission.h \
  src/gateway/allowed_hosts.cc \
  src/gateway/allowed_hosts.h \
  src/gateway/api.cc \
  src/gateway/api.h \
  src/gateway/api_message.cc \
  src/gateway/api_message.h \
  src/gateway/broker_sockets.cc \
  src/gateway/broker_sockets.h \
  src/gateway/call_context.cc \
  src/gateway/call_context.h \
  src/gateway/catalogue.cc \
  src/gateway/catalogue.h \
  src/gateway/errors.cc \
  src/gateway/errors.h \
  src/gateway/forwarded_head.cc \
  src/gateway/forwarded_head.h \
  src/gateway/gateway_stats.cc \
  src/gateway/gateway_stats.h \
  src/gateway/gateway_web.cc \
  src/gateway/gateway_web.h \
  src/gateway/http_proxy.cc \
  src/gateway/http_proxy.h \
  src/gateway/http_tunnel.cc \
  src/gateway/http_tunnel.h \
  src/gateway/json_call.cc \
  src/gateway/json_call.h \
  src/gateway/json_request.cc \
  src/gateway/json_request.h \
  src/gateway/media_type.cc \
  src/gateway/media_type.h \
  src/gateway/look_ups.h \
  src/gateway/method_calls.cc \
  src/gateway/method_calls.h \
  src/gateway/open_api.cc \
  src/gateway/open_api.h \
  src/gateway/origin.cc \
  src/gateway/origin.h \
  src/gateway/pending_calls.h \
  src/gateway/proxy.cc \
  src/gateway/proxy.h \
  src/gateway/publish_endpoint.cc \
  src/gateway/publish_endpoint.h \
  src/gateway/registry_endpoints.cc \
  src/gateway/registry_endpoints.h \
  src/gateway/registry_watches.cc \
  src/gateway/registry_watches.h \
  src/gateway/resolve.cc \
  src/gateway/resolve.h \
  src/gateway/reply_part.cc \
  src/gateway/reply_part.h \
  src/gateway/rest_routes.cc \
  src/gateway/rest_routes.h \
  src/gateway/rpc_endpoint.cc \
  src/gateway/rpc_endpoint.h \
  src/gateway/rpc_request.cc \
  src/gateway/rpc_request.h \
  src/gateway/rpc_sockets.cc \
  src/gateway/rpc_sockets.h \
  src/gateway/rpc_stream.cc \
  src/gateway/rpc_stream.h \
  src/gateway/scalar_type.cc \
  src/gateway/scalar_type.h \
  src/gateway/sidecar.cc \
  src/gateway/sidecar.h \
  src/gateway/sidecar_app.cc \
  src/gateway/sidecar_app.h \
  src/gateway/sidecar_id.h
nodist_libevmicro_gateway_la_SOURCES = src/gateway/api.pb.cc src/gateway/api.pb.h
BUILT_SOURCES += src/gateway/api.pb.cc src/gateway/api.pb.h
EXTRA_DIST += src/gateway/api.proto
libevmicro_gateway_la_CXXFLAGS = $(AM_CXXFLAGS) $(program_precompiled)
