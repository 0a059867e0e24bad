tests_run_SOURCES += \
  tests/dashboard/dashboard_test.cc \
  tests/dashboard/node_metrics_test.cc
