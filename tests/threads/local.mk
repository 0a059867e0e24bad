# How many threads a process has. As a user's program, it is linked with the library alone.
tests_run_SOURCES += tests/threads/threads_test.cc
check_PROGRAMS += tests/threads/linked
tests_threads_linked_CPPFLAGS = -I$(top_srcdir)/include $(PROTOBUF_CFLAGS) $(LIBEVENT_CFLAGS)
tests_threads_linked_LDADD = libevmicro.la $(PROTOBUF_LIBS) $(LIBEVENT_LIBS)
tests_threads_linked_SOURCES = tests/threads/linked.cc
EXTRA_tests_run_DEPENDENCIES += tests/threads/linked$(EXEEXT)

# Several threads at a time; `./dev threads` builds it, and the library, with ThreadSanitizer.
check_PROGRAMS += tests/threads/race
tests_threads_race_LDADD = libevmicro_core.la
tests_threads_race_SOURCES = tests/threads/race.cc
EXTRA_tests_run_DEPENDENCIES += tests/threads/race$(EXEEXT)
