libevmicro_core_la_SOURCES += \
  src/transport/http_socket.cc \
  src/transport/http_socket.h \
  src/transport/http_transport.cc
