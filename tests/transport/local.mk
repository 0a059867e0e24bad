# Tests of transport.
tests_run_SOURCES += \
  tests/transport/address_contract.cc \
  tests/transport/address_contract.h \
  tests/transport/conversation_contract.cc \
  tests/transport/conversation_contract.h \
  tests/transport/ending_contract.cc \
  tests/transport/ending_contract.h \
  tests/transport/evhttp_transport_test.cc \
  tests/transport/http_connection_test.cc \
  tests/transport/http_transport_test.cc \
  tests/transport/memory_transport_test.cc \
  tests/transport/transport_fixture.cc \
  tests/transport/transport_fixture.h \
  tests/transport/unary_contract.cc \
  tests/transport/unary_contract.h
