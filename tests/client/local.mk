tests_run_SOURCES += \
  tests/client/answers_test.cc \
  tests/client/client_facade_test.cc \
  tests/client/client_test.cc \
  tests/client/client_times_test.cc \
  tests/client/error_table_test.cc \
  tests/client/hedge_test.cc \
  tests/client/lost_connection_test.cc \
  tests/client/marking_test.cc \
  tests/client/outlier_bounds_test.cc \
  tests/client/outliers_fixture.h \
  tests/client/outliers_test.cc \
  tests/client/pending_test.cc \
  tests/client/stream_wrapper_test.cc
