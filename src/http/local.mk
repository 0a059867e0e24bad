libevmicro_core_la_SOURCES += \
  src/http/client.cc \
  src/http/client.h \
  src/http/connection.cc \
  src/http/connection.h \
  src/http/exchange.cc \
  src/http/exchange.h \
  src/http/farewell.cc \
  src/http/farewell.h \
  src/http/head.cc \
  src/http/head.h \
  src/http/message_headers.cc \
  src/http/message_headers.h \
  src/http/page.cc \
  src/http/page.h \
  src/http/reader.cc \
  src/http/reader.h \
  src/http/server.cc \
  src/http/server.h \
  src/http/server_core.cc \
  src/http/server_core.h \
  src/http/socket.cc \
  src/http/socket.h \
  src/http/transfer.cc \
  src/http/transfer.h \
  src/http/url.cc \
  src/http/url.h
