libevmicro_core_la_SOURCES += \
  src/event/event_loop.cc \
  src/event/handles.h \
  src/event/http_head.cc \
  src/event/http_head.h \
  src/event/http_reader.cc \
  src/event/http_reader.h \
  src/event/stream.cc \
  src/event/stream.h \
  src/event/timer.cc
