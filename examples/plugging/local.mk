# examples/plugging_service: the greeter with parts of its own.
noinst_PROGRAMS += examples/plugging_service
examples_plugging_service_CPPFLAGS = $(examples_CPPFLAGS) $(greeter_CPPFLAGS) $(LIBEVENT_CFLAGS)
examples_plugging_service_LDADD = $(examples_LDADD) $(LIBEVENT_LIBS)
examples_plugging_service_SOURCES = \
  examples/plugging/file_lock.h \
  examples/plugging/file_registry.cc \
  examples/plugging/file_registry.h \
  examples/plugging/frame_socket.cc \
  examples/plugging/frame_socket.h \
  examples/plugging/frame_transport.cc \
  examples/plugging/frame_transport.h \
  examples/plugging/local_broker.cc \
  examples/plugging/local_broker.h \
  examples/plugging/newest_selector.cc \
  examples/plugging/newest_selector.h \
  examples/plugging/node_file.cc \
  examples/plugging/node_file.h \
  examples/plugging/plugging_service.cc \
  examples/plugging/text_codec.cc \
  examples/plugging/text_codec.h
nodist_examples_plugging_service_SOURCES = $(greeter_generated)
EXTRA_DIST += examples/plugging/README.md examples/plugging/parts_test.cc

# The compiler finds the dependencies only after the headers exist.
$(examples_plugging_service_OBJECTS): $(greeter_headers)
