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
  tests/codec/proto_rpc_codec_test.cc \
  tests/codec/field_limits_test.cc

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
