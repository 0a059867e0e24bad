tests_run_SOURCES += \
  tests/server/rpc_fixture.h \
  tests/server/server_test.cc \
  tests/server/stream_test.cc
