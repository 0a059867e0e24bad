libevmicro_core_la_SOURCES += \
  src/event/event_loop.cc \
  src/event/handles.h \
  src/event/http_client.cc \
  src/event/http_client.h \
  src/event/http_connection.cc \
  src/event/http_connection.h \
  src/event/http_exchange.cc \
  src/event/http_exchange.h \
  src/event/http_farewell.cc \
  src/event/http_farewell.h \
  src/event/http_head.cc \
  src/event/http_head.h \
  src/event/http_reader.cc \
  src/event/http_reader.h \
  src/event/http_server.cc \
  src/event/http_server.h \
  src/event/http_server_core.cc \
  src/event/http_server_core.h \
  src/event/http_transfer.cc \
  src/event/http_transfer.h \
  src/event/listen_address.cc \
  src/event/listen_address.h \
  src/event/listener.cc \
  src/event/listener.h \
  src/event/stream.cc \
  src/event/stream.h \
  src/event/timer.cc
