codec_sources = \
  src/codec/codec_table.cc \
  src/codec/codec_table.h \
  src/codec/evbuffer_stream.cc \
  src/codec/evbuffer_stream.h \
  src/codec/frame.cc \
  src/codec/grpc_codec.cc \
  src/codec/grpc_codec.h \
  src/codec/json_envelope.cc \
  src/codec/json_envelope.h \
  src/codec/json_rpc_codec.cc \
  src/codec/payload_problem.h \
  src/codec/proto_envelope.cc \
  src/codec/proto_envelope.h \
  src/codec/proto_rpc_codec.cc \
  src/codec/field_limits.cc \
  src/codec/field_limits.h \
  src/codec/utf8_field.cc \
  src/codec/utf8_field.h
core_sources += $(codec_sources)
