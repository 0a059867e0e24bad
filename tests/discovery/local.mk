tests_run_SOURCES += \
  tests/discovery/registry_watch_test.cc \
  tests/discovery/service_view_test.cc
