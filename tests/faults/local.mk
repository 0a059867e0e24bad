# System calls that fail: a library that is preloaded into programs, without sanitizers of its own.
check_LTLIBRARIES += tests/faults/shim.la
tests_faults_shim_la_SOURCES = tests/faults/board.h tests/faults/shim.cc
tests_faults_shim_la_CPPFLAGS = -I$(top_srcdir)/tests
tests_faults_shim_la_CXXFLAGS = $(WARNING_FLAGS) -Wno-old-style-cast
tests_faults_shim_la_LDFLAGS = -module -avoid-version -shared -rpath /nowhere
tests_faults_shim_la_LIBADD = -ldl

tests_run_SOURCES += \
  tests/faults/client_faults_test.cc \
  tests/faults/faults_test.cc \
  tests/faults/faulty_process.cc \
  tests/faults/faulty_process.h
EXTRA_tests_run_DEPENDENCIES += tests/faults/shim.la
