# Programs of others around the built ones: proxies, load tools, HTTP clients.
tests_run_SOURCES += \
  tests/peers/ab_test.cc \
  tests/peers/curl_test.cc \
  tests/peers/go_test.cc \
  tests/peers/haproxy_test.cc \
  tests/peers/nginx_test.cc \
  tests/peers/peer_program.cc \
  tests/peers/peer_program.h \
  tests/peers/ports.cc \
  tests/peers/ports.h
EXTRA_DIST += tests/peers/peer.go
