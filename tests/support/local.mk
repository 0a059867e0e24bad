# Helpers of several suites.
EXTRA_DIST += tests/support/get-consul
tests_run_SOURCES += \
  tests/support/scripted_server.cc \
  tests/support/scripted_server.h \
  tests/support/turn_until.h
