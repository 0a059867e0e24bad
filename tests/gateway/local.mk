tests_run_SOURCES += \
  tests/gateway/api_gateway_test.cc \
  tests/gateway/gateway_fixture.h \
  tests/gateway/http_proxy_test.cc \
  tests/gateway/request_test.cc \
  tests/gateway/sidecar_test.cc
