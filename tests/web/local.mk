tests_run_SOURCES += \
  tests/web/routes_test.cc \
  tests/web/web_server_test.cc
