core_sources += \
  src/event/deadlines.cc \
  src/event/deadlines.h \
  src/event/event_loop.cc \
  src/event/fork_guard.cc \
  src/event/fork_guard.h \
  src/event/handles.h \
  src/event/loop_event.cc \
  src/event/loop_event.h \
  src/event/loop_pump.cc \
  src/event/signals.cc \
  src/event/signals.h \
  src/event/timer.cc \
  src/event/turn_clock.cc \
  src/event/turn_clock.h \
  src/event/watch.cc \
  src/event/watch.h
