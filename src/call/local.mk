libevmicro_core_la_SOURCES += \
  src/call/answer.cc \
  src/call/answer.h \
  src/call/attempts.cc \
  src/call/attempts.h \
  src/call/connection_pool.cc \
  src/call/connection_pool.h \
  src/call/idle_timer.h \
  src/call/known_nodes.cc \
  src/call/known_nodes.h \
  src/call/middleware.cc \
  src/call/middleware.h \
  src/call/node_access.h \
  src/call/node_choice.cc \
  src/call/node_choice.h \
  src/call/outliers.cc \
  src/call/outliers.h \
  src/call/owned_done.h \
  src/call/prepared_call.cc \
  src/call/prepared_call.h \
  src/call/retry_budget.cc \
  src/call/retry_budget.h \
  src/call/stream_callbacks.h \
  src/call/stream_message.h \
  src/call/user_code.cc \
  src/call/user_code.h \
  src/call/usual_latency.h
