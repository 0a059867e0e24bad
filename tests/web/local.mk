tests_run_SOURCES += \
  tests/web/routes_test.cc \
  tests/web/tls_web_server_test.cc \
  tests/web/web_server_test.cc
