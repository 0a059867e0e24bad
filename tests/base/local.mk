tests_run_SOURCES += \
  tests/base/backoff_test.cc \
  tests/base/buffer_test.cc \
  tests/base/context_test.cc \
  tests/base/duration_test.cc \
  tests/base/log_test.cc \
  tests/base/log_limiter_test.cc \
  tests/base/metadata_test.cc \
  tests/base/rate_limiter_test.cc \
  tests/base/sha1_test.cc \
  tests/base/status_test.cc \
  tests/base/utf8_test.cc \
  tests/base/uuid_test.cc \
  tests/base/version_test.cc
