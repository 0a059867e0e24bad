# HTTP for programs: servers of pages, REST and gateways.
core_sources += \
  src/web/access_log.cc \
  src/web/access_log.h \
  src/web/connection.cc \
  src/web/connection.h \
  src/web/cors.cc \
  src/web/cors.h \
  src/web/gzip.cc \
  src/web/gzip.h \
  src/web/header_tokens.cc \
  src/web/header_tokens.h \
  src/web/routes.cc \
  src/web/routes.h \
  src/web/server.cc \
  src/web/server_events.cc \
  src/web/web_body.cc \
  src/web/web_files.cc \
  src/web/web_socket.cc \
  src/web/web_socket_connection.cc \
  src/web/web_socket_connection.h \
  src/web/web_socket_frames.cc \
  src/web/web_socket_frames.h \
  src/web/web_socket_handshake.cc \
  src/web/web_socket_handshake.h
if WITH_WEBSOCKET
core_sources += src/web/web_socket_reader.cc
else
core_sources += src/web/without_web_socket.cc
endif
