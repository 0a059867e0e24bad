tests_run_SOURCES += \
  tests/web/routes_test.cc \
  tests/web/gzip_test.cc \
  tests/web/server_events_test.cc \
  tests/web/web_body_test.cc \
  tests/web/web_files_test.cc \
  tests/web/web_server_test.cc \
  tests/web/web_socket_bytes.h
if WITH_WEBSOCKET
tests_run_SOURCES += \
  tests/web/web_stop_test.cc \
  tests/web/web_socket_frames_test.cc \
  tests/web/web_socket_handshake_test.cc \
  tests/web/web_socket_test.cc
endif
