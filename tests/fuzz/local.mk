# `make fuzz` runs every libFuzzer target, each for FUZZ_SECONDS; it needs clang. Compiler, flags and
# the targets of the codecs are in tests/codec/local.mk.
fuzz: fuzz-http-reader fuzz-codecs fuzz-stream

fuzz_http_reader_sources = \
  $(top_srcdir)/tests/fuzz/http_reader_fuzz.cc \
  $(top_srcdir)/tests/http/reader_agreement.cc \
  $(top_srcdir)/src/http/head.cc \
  $(top_srcdir)/src/http/reader.cc \
  $(top_srcdir)/src/base/buffer.cc \
  $(top_srcdir)/src/base/metadata.cc
EXTRA_DIST += tests/fuzz/http.dict tests/fuzz/http_reader_fuzz.cc

fuzz-http-reader:
	$(MKDIR_P) tests/fuzz/corpus/http_reader
	$(FUZZ_CXX) $(FUZZ_FLAGS) $(AM_CPPFLAGS) -I$(top_srcdir)/tests $(fuzz_http_reader_sources) \
	  -o tests/fuzz/http_reader_fuzz $(LIBEVENT_LIBS)
	tests/fuzz/http_reader_fuzz -max_total_time=$(FUZZ_SECONDS) -max_len=4096 -timeout=5 \
	  -verbosity=0 -print_final_stats=1 -dict=$(top_srcdir)/tests/fuzz/http.dict \
	  tests/fuzz/corpus/http_reader

# The whole library, over loopback. Slow: its corpus starts with the recorded conversations.
fuzz_stream_sources = \
  $(top_srcdir)/tests/fuzz/stream_fuzz.cc \
  $(top_srcdir)/tests/http/raw_peer.cc \
  $(top_srcdir)/tests/support/scripted_server.cc \
  $(patsubst %,$(top_srcdir)/%,$(filter %.cc,$(libevmicro_core_la_SOURCES))) \
  $(filter %.cc,$(nodist_libevmicro_core_la_SOURCES))
EXTRA_DIST += tests/fuzz/stream_fuzz.cc

fuzz-stream: $(BUILT_SOURCES)
	$(MKDIR_P) tests/fuzz/corpus/stream
	$(FUZZ_CXX) $(FUZZ_FLAGS) $(DEFS) $(DEFAULT_INCLUDES) $(AM_CPPFLAGS) -I$(top_srcdir)/tests \
	  $(fuzz_stream_sources) -o tests/fuzz/stream_fuzz $(libevmicro_core_la_LIBADD)
	tests/fuzz/stream_fuzz -max_total_time=$(FUZZ_SECONDS) -max_len=4096 -timeout=20 \
	  -verbosity=0 -print_final_stats=1 -dict=$(top_srcdir)/tests/fuzz/http.dict \
	  tests/fuzz/corpus/stream $(top_srcdir)/tests/server/golden
