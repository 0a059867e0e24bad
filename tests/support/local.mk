# Helpers of several suites.
tests_run_SOURCES += \
  tests/support/agent_process.cc \
  tests/support/agent_process.h \
  tests/support/captured_log.h \
  tests/support/consul_server.cc \
  tests/support/consul_server.h \
  tests/support/embedded_agent.h \
  tests/support/etcd_server.cc \
  tests/support/etcd_server.h \
  tests/support/fake_socket.h \
  tests/support/faulty_proxy.cc \
  tests/support/faulty_proxy.h \
  tests/support/followed_registry.h \
  tests/support/full_backlog.cc \
  tests/support/full_backlog.h \
  tests/support/heap.h \
  tests/support/hosts_file.h \
  tests/support/http_get.cc \
  tests/support/http_get.h \
  tests/support/listening_socket.h \
  tests/support/manual_clock.cc \
  tests/support/manual_clock.h \
  tests/support/manual_clock_test.cc \
  tests/support/meanwhile.cc \
  tests/support/meanwhile.h \
  tests/support/name_server.cc \
  tests/support/name_server.h \
  tests/support/nats_server.cc \
  tests/support/nats_server.h \
  tests/support/ports.cc \
  tests/support/ports.h \
  tests/support/process.cc \
  tests/support/process.h \
  tests/support/process_test.cc \
  tests/support/prometheus_page.cc \
  tests/support/prometheus_page.h \
  tests/support/registry_query.cc \
  tests/support/registry_query.h \
  tests/support/reported.h \
  tests/support/reported_test.cc \
  tests/support/scripted_server.cc \
  tests/support/scripted_server.h \
  tests/support/turn_until.h

EXTRA_DIST += tests/support/get-consul
