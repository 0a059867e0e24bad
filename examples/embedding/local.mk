# examples/embed: evmicro on the program's own event_base.
noinst_PROGRAMS += examples/embed
examples_embed_CPPFLAGS = $(examples_CPPFLAGS) $(greeter_CPPFLAGS) $(LIBEVENT_CFLAGS)
examples_embed_LDADD = $(examples_LDADD) $(LIBEVENT_LIBS)
examples_embed_SOURCES = examples/embedding/embed.cc
nodist_examples_embed_SOURCES = $(greeter_generated)
EXTRA_DIST += examples/embedding/README.md

examples/embedding/embed-embed.$(OBJEXT) \
examples/greeting/embed-greeter.pb.$(OBJEXT) \
examples/greeting/embed-greeter.evmicro.$(OBJEXT): $(greeter_headers)

# examples/embedding_poll, embedding_glib, embedding_asio: evmicro in main loops that are not libevent's.
noinst_PROGRAMS += examples/embedding_poll
examples_embedding_poll_CPPFLAGS = $(examples_CPPFLAGS) $(greeter_CPPFLAGS)
examples_embedding_poll_LDADD = $(examples_LDADD)
examples_embedding_poll_SOURCES = examples/embedding/embedding_poll.cc examples/embedding/greeting_service.h
nodist_examples_embedding_poll_SOURCES = $(greeter_generated)
examples/embedding/poll-embedding_poll.$(OBJEXT) \
examples/greeting/embedding_poll-greeter.pb.$(OBJEXT) \
examples/greeting/embedding_poll-greeter.evmicro.$(OBJEXT): $(greeter_headers)

EXTRA_DIST += examples/embedding/embedding_glib.cc
if HAVE_GLIB
noinst_PROGRAMS += examples/embedding_glib
examples_embedding_glib_CPPFLAGS = $(examples_CPPFLAGS) $(greeter_CPPFLAGS) $(GLIB_CFLAGS)
examples_embedding_glib_LDADD = $(examples_LDADD) $(GLIB_LIBS)
examples_embedding_glib_SOURCES = examples/embedding/embedding_glib.cc examples/embedding/greeting_service.h
nodist_examples_embedding_glib_SOURCES = $(greeter_generated)
examples/embedding/glib-embedding_glib.$(OBJEXT) \
examples/greeting/embedding_glib-greeter.pb.$(OBJEXT) \
examples/greeting/embedding_glib-greeter.evmicro.$(OBJEXT): $(greeter_headers)
endif

EXTRA_DIST += examples/embedding/embedding_asio.cc
if HAVE_ASIO
noinst_PROGRAMS += examples/embedding_asio
examples_embedding_asio_CPPFLAGS = $(examples_CPPFLAGS) $(greeter_CPPFLAGS)
examples_embedding_asio_LDADD = $(examples_LDADD)
examples_embedding_asio_SOURCES = examples/embedding/embedding_asio.cc examples/embedding/greeting_service.h
nodist_examples_embedding_asio_SOURCES = $(greeter_generated)
examples/embedding/asio-embedding_asio.$(OBJEXT) \
examples/greeting/embedding_asio-greeter.pb.$(OBJEXT) \
examples/greeting/embedding_asio-greeter.evmicro.$(OBJEXT): $(greeter_headers)
endif
