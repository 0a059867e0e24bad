# Tests of transport.
tests_run_SOURCES += \
  tests/transport/connection_limits_test.cc \
  tests/transport/evhttp_transport_test.cc \
  tests/transport/http_connection_test.cc \
  tests/transport/http_transport_test.cc \
  tests/transport/memory_transport_test.cc \
  tests/transport/giving_way_contract.h \
  tests/transport/timed_fixture.h \
  tests/transport/unix_transport_test.cc
