tests_run_SOURCES += \
  tests/codec/codec_contract_test.cc \
  tests/codec/codec_probe.cc \
  tests/codec/codec_probe.h \
  tests/codec/codec_robustness_test.cc \
  tests/codec/codec_support.h \
  tests/codec/codec_table_test.cc \
  tests/codec/evbuffer_stream_test.cc \
  tests/codec/golden_test.cc \
  tests/codec/json_rpc_codec_test.cc \
  tests/codec/proto_envelope_test.cc \
  tests/codec/proto_rpc_codec_test.cc
libevmicro_conformance_la_SOURCES += tests/codec/codec_contract.cc

codec_protos = \
  tests/codec/mapping.proto \
  tests/codec/mapping_proto2.proto \
  tests/codec/peer.proto \
  tests/json/well_known.proto
codec_proto_sources = $(codec_protos:.proto=.pb.cc)
codec_proto_headers = $(codec_protos:.proto=.pb.h)
nodist_tests_run_SOURCES += $(codec_proto_sources) $(codec_proto_headers)
BUILT_SOURCES += $(codec_proto_sources) $(codec_proto_headers)

EXTRA_DIST += $(codec_protos) tests/codec/golden

# `make fuzz-codecs` builds the libFuzzer targets and runs each for FUZZ_SECONDS; it needs clang.
# The sources are compiled anew, since the fuzzer steers by what clang builds into them. What it
# finds stays in tests/fuzz/corpus, a crash in the file that it names.
FUZZ_CXX = clang++
FUZZ_FLAGS = -std=c++17 -O1 -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all
FUZZ_SECONDS = 30
fuzz_targets = broker_message json_rpc proto_rpc
fuzz_sources = $(json_sources) $(codec_sources) src/broker/message_json.cc src/base/buffer.cc \
  src/base/status.cc src/base/utf8.cc tests/codec/codec_probe.cc
EXTRA_DIST += \
  tests/fuzz/broker_message_fuzz.cc \
  tests/fuzz/json_rpc_fuzz.cc \
  tests/fuzz/proto_rpc_fuzz.cc \
  tests/fuzz/seeds

fuzz-codecs: $(codec_proto_headers)
	@$(FUZZ_CXX) --version >/dev/null 2>&1 || \
	  { echo "fuzz-codecs needs $(FUZZ_CXX). On Debian: apt-get install clang" >&2; exit 1; }
	@set -e; for target in $(fuzz_targets); do \
	  $(MKDIR_P) tests/fuzz/corpus/$$target; \
	  sources=`for file in $(fuzz_sources) tests/fuzz/$${target}_fuzz.cc; do \
	    case $$file in *.cc) echo "$(srcdir)/$$file";; esac; done`; \
	  echo "  FUZZ     $$target"; \
	  $(FUZZ_CXX) $(FUZZ_FLAGS) -DTEST_SOURCE_DIR='""' -I. $(AM_CPPFLAGS) \
	    -I$(top_builddir)/tests -I$(top_srcdir)/tests $$sources $(codec_proto_sources) \
	    -o tests/fuzz/$${target}_fuzz $(LIBEVENT_LIBS) $(PROTOBUF_LIBS) $(JANSSON_LIBS); \
	  tests/fuzz/$${target}_fuzz -max_total_time=$(FUZZ_SECONDS) -verbosity=0 -print_final_stats=1 \
	    tests/fuzz/corpus/$$target $(srcdir)/tests/fuzz/seeds/$$target; \
	done
