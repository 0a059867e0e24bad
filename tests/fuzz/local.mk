# `make fuzz` runs every libFuzzer target, each for FUZZ_SECONDS; it needs clang. Compiler, flags and
# the targets of the codecs are in tests/codec/local.mk.
fuzz: fuzz-http-reader fuzz-codecs

fuzz_http_reader_sources = \
  $(top_srcdir)/tests/fuzz/http_reader_fuzz.cc \
  $(top_srcdir)/tests/event/reader_agreement.cc \
  $(top_srcdir)/src/event/http_head.cc \
  $(top_srcdir)/src/event/http_reader.cc \
  $(top_srcdir)/src/buffer.cc \
  $(top_srcdir)/src/metadata.cc
EXTRA_DIST += tests/fuzz/http.dict tests/fuzz/http_reader_fuzz.cc

fuzz-http-reader:
	$(MKDIR_P) tests/fuzz/corpus/http_reader
	$(FUZZ_CXX) $(FUZZ_FLAGS) $(AM_CPPFLAGS) -I$(top_srcdir)/tests $(fuzz_http_reader_sources) \
	  -o tests/fuzz/http_reader_fuzz $(LIBEVENT_LIBS)
	tests/fuzz/http_reader_fuzz -max_total_time=$(FUZZ_SECONDS) -max_len=4096 -timeout=5 \
	  -verbosity=0 -print_final_stats=1 -dict=$(top_srcdir)/tests/fuzz/http.dict \
	  tests/fuzz/corpus/http_reader
