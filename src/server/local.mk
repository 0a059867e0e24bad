core_sources += \
  src/server/callers.h \
  src/server/connection.cc \
  src/server/connection.h \
  src/server/debug_methods.cc \
  src/server/debug_methods.h \
  src/server/describe.cc \
  src/server/grpc_health.cc \
  src/server/grpc_health.h \
  src/server/grpc_reflection.cc \
  src/server/grpc_reflection.h \
  src/server/health.cc \
  src/server/method_stats.h \
  src/server/method_table.cc \
  src/server/method_table.h \
  src/server/offload.cc \
  src/server/refusal.cc \
  src/server/refusal.h \
  src/server/server.cc \
  src/server/server_call.cc \
  src/server/server_call.h \
  src/server/server_metrics.cc \
  src/server/server_metrics.h \
  src/server/server_pages.cc \
  src/server/server_pages.h \
  src/server/server_shared.h \
  src/server/server_stream.cc \
  src/server/server_stream.h \
  src/server/service_schemas.cc \
  src/server/service_schemas.h \
  src/server/shedder.cc \
  src/server/shedder.h \
  src/server/subscribers.cc \
  src/server/subscribers.h
server_messages = \
  src/server/debug.pb.cc src/server/debug.pb.h \
  src/server/grpc_health.pb.cc src/server/grpc_health.pb.h \
  src/server/grpc_reflection.pb.cc src/server/grpc_reflection.pb.h
nodist_libevmicro_core_la_SOURCES += $(server_messages)
BUILT_SOURCES += $(server_messages)
EXTRA_DIST += \
  src/server/debug.proto \
  src/server/grpc_health.proto \
  src/server/grpc_reflection.proto
