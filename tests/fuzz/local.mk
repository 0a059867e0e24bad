# The readers of bytes from outside, for `./dev fuzz` and, with their seeds, for tests/run.
fuzz_target_sources = \
  tests/fuzz/agent_targets.cc \
  tests/fuzz/conversation_targets.cc \
  tests/fuzz/gateway_targets.cc \
  tests/fuzz/message_targets.cc \
  tests/fuzz/pump.h \
  tests/fuzz/registry_targets.cc \
  tests/fuzz/target.cc \
  tests/fuzz/target.h \
  tests/fuzz/text_targets.cc
if WITH_TLS
fuzz_target_sources += tests/fuzz/tls_targets.cc
fuzz_support = tests/support/certificates.cc
else
fuzz_target_sources += tests/fuzz/without_tls_targets.cc
fuzz_support =
endif
if WITH_GRPC
fuzz_target_sources += tests/fuzz/http2_targets.cc
else
fuzz_target_sources += tests/fuzz/without_http2_targets.cc
endif
tests_run_SOURCES += $(fuzz_target_sources) tests/fuzz/seeds_test.cc
EXTRA_DIST += tests/fuzz/fuzz.dict tests/fuzz/run tests/fuzz/seeds

# Needs clang, and a build that is instrumented for libFuzzer: `./dev fuzz` makes one.
EXTRA_PROGRAMS += tests/fuzz/fuzz
tests_fuzz_fuzz_CPPFLAGS = $(tests_run_CPPFLAGS)
tests_fuzz_fuzz_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_LDADD = libevmicro_tool.la libevmicro_core.la $(linked_modules)
tests_fuzz_fuzz_SOURCES = $(fuzz_target_sources) $(fuzz_support) \
  tests/codec/codec_probe.cc \
  tests/fuzz/fuzz_main.cc \
  tests/http/raw_peer.cc \
  tests/http/reader_agreement.cc \
  tests/support/scripted_server.cc \
  tests/support/turn_until.cc
nodist_tests_fuzz_fuzz_SOURCES = $(codec_proto_sources) $(codec_proto_headers)
