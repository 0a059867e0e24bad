# Tests of event.
tests_run_SOURCES += \
  tests/event/captured_log.h \
  tests/event/deferring_listener_test.cc \
  tests/event/http_client_test.cc \
  tests/event/http_exchange_test.cc \
  tests/event/http_reader_test.cc \
  tests/event/http_refusal_test.cc \
  tests/event/http_server_fixture.h \
  tests/event/http_server_test.cc \
  tests/event/http_stream_test.cc \
  tests/event/listen_address_test.cc \
  tests/event/raw_peer.cc \
  tests/event/raw_peer.h \
  tests/event/reader_agreement.cc \
  tests/event/reader_agreement.h \
  tests/event/taken_connection_test.cc \
  tests/event/url_test.cc
