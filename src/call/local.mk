libevmicro_core_la_SOURCES += \
  src/call/idle_timer.h \
  src/call/node_choice.cc \
  src/call/node_choice.h \
  src/call/stream_callbacks.h \
  src/call/stream_message.h
