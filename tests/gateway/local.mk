tests_run_SOURCES += \
  tests/gateway/api_gateway_test.cc \
  tests/gateway/gateway_fixture.h \
  tests/gateway/gateway_web_test.cc \
  tests/gateway/http_proxy_fixture.h \
  tests/gateway/http_proxy_test.cc \
  tests/gateway/http_tunnel_test.cc \
  tests/gateway/request_test.cc \
  tests/gateway/rest_routes_test.cc \
  tests/gateway/rpc_stream_times_test.cc \
  tests/gateway/sidecar_test.cc
if WITH_JWT
tests_run_SOURCES += \
  tests/gateway/gateway_jwt_test.cc
endif
if WITH_TLS
tests_run_SOURCES += tests/gateway/tls_proxy_test.cc
endif
