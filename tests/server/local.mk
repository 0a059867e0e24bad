tests_run_SOURCES += \
  tests/server/caller_test.cc \
  tests/server/callers_test.cc \
  tests/server/connection_price_test.cc \
  tests/server/evhttp_server_test.cc \
  tests/server/golden_stream_test.cc \
  tests/server/handles_test.cc \
  tests/server/health_test.cc \
  tests/server/limits_test.cc \
  tests/server/many_streams_test.cc \
  tests/server/method_table_test.cc \
  tests/server/mistaken_kind_test.cc \
  tests/server/offload_test.cc \
  tests/server/overload_test.cc \
  tests/server/pages_test.cc \
  tests/server/plain_http_test.cc \
  tests/server/refusal_form_test.cc \
  tests/server/request_context_test.cc \
  tests/server/rpc_fixture.h \
  tests/server/server_test.cc \
  tests/server/shedder_test.cc \
  tests/server/stats_test.cc \
  tests/server/stop_times_test.cc \
  tests/server/stream_limits_test.cc \
  tests/server/stream_test.cc \
  tests/server/subscriber_test.cc
EXTRA_DIST += tests/server/golden
