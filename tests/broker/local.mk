# Tests of broker.
tests_run_SOURCES += \
  tests/broker/broker_contract.cc \
  tests/broker/broker_contract.h \
  tests/broker/memory_broker_test.cc \
  tests/broker/message_json_test.cc
