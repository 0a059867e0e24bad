tests_run_SOURCES += \
  tests/service/embedding_test.cc \
  tests/service/flags_test.cc \
  tests/service/fork_test.cc \
  tests/service/forked_world.h \
  tests/service/protobuf_log_test.cc \
  tests/service/service_test.cc
