tests_run_SOURCES += \
  tests/base/backoff_test.cc \
  tests/base/block_pool_test.cc \
  tests/base/buffer_test.cc \
  tests/base/context_test.cc \
  tests/base/counted_test.cc \
  tests/base/duration_test.cc \
  tests/base/example_module.h \
  tests/base/log_test.cc \
  tests/base/log_limiter_test.cc \
  tests/base/metadata_test.cc \
  tests/base/module_test.cc \
  tests/base/rate_limiter_test.cc \
  tests/base/sha1_test.cc \
  tests/base/status_test.cc \
  tests/base/utf8_test.cc \
  tests/base/uuid_test.cc \
  tests/base/version_test.cc

check_LTLIBRARIES += tests/base/example_module.la
tests_base_example_module_la_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
tests_base_example_module_la_LDFLAGS = $(module_LDFLAGS) -rpath /nowhere
tests_base_example_module_la_SOURCES = tests/base/example_module.cc
EXTRA_tests_run_DEPENDENCIES += tests/base/example_module.la
