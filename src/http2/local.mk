if WITH_GRPC
core_sources += \
  src/http2/accepted_reply.cc \
  src/http2/accepted_socket.cc \
  src/http2/accepted_socket.h \
  src/http2/callbacks.cc \
  src/http2/callbacks.h \
  src/http2/dialled_socket.cc \
  src/http2/dialled_socket.h \
  src/http2/dialler.cc \
  src/http2/fields.h \
  src/http2/grpc_message.cc \
  src/http2/grpc_message.h \
  src/http2/grpc_status.cc \
  src/http2/grpc_status.h \
  src/http2/metadata_fields.cc \
  src/http2/metadata_fields.h \
  src/http2/port.cc \
  src/http2/request_head.cc \
  src/http2/request_head.h \
  src/http2/session.cc \
  src/http2/session.h \
  src/http2/session_memory.cc \
  src/http2/session_memory.h \
  src/http2/stream.h
else
core_sources += src/http2/without_http2.cc
endif
core_sources += \
  src/http2/dialler.h \
  src/http2/grpc_timeout.cc \
  src/http2/grpc_timeout.h \
  src/http2/handover.h \
  src/http2/port.h
EXTRA_DIST += src/http2/without_http2.cc
