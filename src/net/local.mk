libevmicro_core_la_SOURCES += \
  src/net/accept_pacer.cc \
  src/net/accept_pacer.h \
  src/net/acceptor.cc \
  src/net/acceptor.h \
  src/net/byte_stream.h \
  src/net/dial_address.cc \
  src/net/dial_address.h \
  src/net/dialler.cc \
  src/net/dialler.h \
  src/net/host_port.cc \
  src/net/host_port.h \
  src/net/http_address.cc \
  src/net/http_address.h \
  src/net/listen_address.cc \
  src/net/listen_address.h \
  src/net/resolver.cc \
  src/net/resolver.h \
  src/net/socket_address.cc \
  src/net/socket_address.h \
  src/net/socket_backlog.cc \
  src/net/socket_backlog.h \
  src/net/socket_life.cc \
  src/net/socket_life.h \
  src/net/tcp_stream.cc \
  src/net/tcp_stream.h
