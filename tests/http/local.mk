tests_run_SOURCES += \
  tests/http/admission_test.cc \
  tests/http/arrivals_test.cc \
  tests/http/client_test.cc \
  tests/http/evhttp_acceptor_test.cc \
  tests/http/evhttp_admission_test.cc \
  tests/http/evhttp_budget_test.cc \
  tests/http/evhttp_read_rate_test.cc \
  tests/http/exchange_test.cc \
  tests/http/head_test.cc \
  tests/http/head_writer_test.cc \
  tests/http/http_date_test.cc \
  tests/http/memory_budget_test.cc \
  tests/http/raw_peer.cc \
  tests/http/raw_peer.h \
  tests/http/reader_agreement.cc \
  tests/http/reader_agreement.h \
  tests/http/reader_feed.h \
  tests/http/reader_refusal_test.cc \
  tests/http/reader_test.cc \
  tests/http/refusal_test.cc \
  tests/http/server_fixture.h \
  tests/http/server_test.cc \
  tests/http/stream_test.cc \
  tests/http/url_test.cc
