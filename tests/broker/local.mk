# Tests of broker.
tests_run_SOURCES += \
  tests/broker/http_broker_contract_test.cc \
  tests/broker/http_broker_fixture.cc \
  tests/broker/http_broker_fixture.h \
  tests/broker/http_inbox_test.cc \
  tests/broker/http_outbox_test.cc \
  tests/broker/many_messages_test.cc \
  tests/broker/memory_broker_test.cc \
  tests/broker/message_json_test.cc \
  tests/broker/shared_broker_test.cc \
  tests/broker/untold_stop_test.cc
EXTRA_DIST += tests/broker/golden
if WITH_NATS
tests_run_SOURCES += \
  tests/broker/nats_broker_test.cc \
  tests/broker/nats_login_test.cc \
  tests/integration/nats_pubsub_test.cc
endif
