tests_run_SOURCES += \
  tests/discovery/lost_nodes_test.cc \
  tests/discovery/registry_watch_test.cc \
  tests/discovery/service_view_test.cc
