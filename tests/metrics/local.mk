tests_run_SOURCES += \
  tests/metrics/loop_lag_test.cc \
  tests/metrics/prometheus_text_test.cc
