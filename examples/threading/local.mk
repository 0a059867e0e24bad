# examples/threads: threads that call, and threads that work for the loop.
noinst_PROGRAMS += examples/threads
examples_threads_CPPFLAGS = $(examples_CPPFLAGS) $(greeter_CPPFLAGS)
examples_threads_LDADD = $(examples_LDADD)
examples_threads_SOURCES = examples/threading/threads.cc
nodist_examples_threads_SOURCES = $(greeter_generated)
EXTRA_DIST += examples/threading/README.md

examples/threading/threads-threads.$(OBJEXT) \
examples/greeting/threads-greeter.pb.$(OBJEXT) \
examples/greeting/threads-greeter.evmicro.$(OBJEXT): $(greeter_headers)
