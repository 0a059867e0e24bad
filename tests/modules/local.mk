# Which libraries come into a process. As a user's program, it is linked with the shared library.
tests_run_SOURCES += tests/modules/modules_test.cc
check_PROGRAMS += tests/modules/user
tests_modules_user_CPPFLAGS = -I$(top_builddir)/include -I$(top_srcdir)/include $(PROTOBUF_CFLAGS) $(LIBEVENT_CFLAGS)
tests_modules_user_LDADD = libevmicro.la $(PROTOBUF_LIBS) $(LIBEVENT_LIBS)
tests_modules_user_SOURCES = tests/modules/user.cc
EXTRA_tests_run_DEPENDENCIES += tests/modules/user$(EXEEXT)
