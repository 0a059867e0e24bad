libevmicro_core_la_SOURCES += \
  src/event/event_loop.cc \
  src/event/handles.h \
  src/event/timer.cc
