core_sources += \
  src/transport/evhttp_listener.cc \
  src/transport/evhttp_listener.h \
  src/transport/evhttp_socket.cc \
  src/transport/evhttp_socket.h \
  src/transport/evhttp_transport.cc \
  src/transport/http_dialler.cc \
  src/transport/http_dialler.h \
  src/transport/http_listener.cc \
  src/transport/http_listener.h \
  src/transport/http_only.h \
  src/transport/http_transport.cc \
  src/transport/memory_listener.cc \
  src/transport/memory_listener.h \
  src/transport/memory_network.cc \
  src/transport/memory_network.h \
  src/transport/memory_socket.cc \
  src/transport/memory_socket.h \
  src/transport/memory_transport.cc
