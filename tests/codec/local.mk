# Tests of codec.
tests_run_SOURCES += \
  tests/codec/codec_support.h \
  tests/codec/codec_table_test.cc \
  tests/codec/golden_test.cc

codec_protos = \
  tests/codec/mapping.proto \
  tests/codec/mapping_proto2.proto \
  tests/codec/peer.proto
codec_proto_sources = $(codec_protos:.proto=.pb.cc)
codec_proto_headers = $(codec_protos:.proto=.pb.h)
nodist_tests_run_SOURCES += $(codec_proto_sources) $(codec_proto_headers)
BUILT_SOURCES += $(codec_proto_sources) $(codec_proto_headers)

EXTRA_DIST += $(codec_protos) tests/codec/golden
