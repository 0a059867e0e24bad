tests_run_SOURCES += \
  tests/event/deadlines_test.cc \
  tests/event/event_loop_test.cc \
  tests/event/loop_pump_test.cc \
  tests/event/rules_test.cc \
  tests/event/timer_test.cc \
  tests/event/turn_clock_test.cc \
  tests/event/watch_test.cc
