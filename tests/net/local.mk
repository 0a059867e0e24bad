tests_run_SOURCES += \
  tests/net/deferring_listener_test.cc \
  tests/net/listen_address_test.cc
