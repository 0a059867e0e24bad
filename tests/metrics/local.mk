tests_run_SOURCES += tests/metrics/prometheus_text_test.cc
