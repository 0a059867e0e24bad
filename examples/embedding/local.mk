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
