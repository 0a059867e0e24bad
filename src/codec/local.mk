codec_sources = \
  src/codec/base64.cc \
  src/codec/base64.h \
  src/codec/codec_table.cc \
  src/codec/codec_table.h \
  src/codec/evbuffer_stream.cc \
  src/codec/evbuffer_stream.h \
  src/codec/frame.cc \
  src/codec/go_float.cc \
  src/codec/go_float.h \
  src/codec/json_envelope.cc \
  src/codec/json_envelope.h \
  src/codec/json_path.cc \
  src/codec/json_path.h \
  src/codec/json_reader.cc \
  src/codec/json_reader.h \
  src/codec/json_rpc_codec.cc \
  src/codec/json_scanner.cc \
  src/codec/json_scanner.h \
  src/codec/json_value.cc \
  src/codec/json_value.h \
  src/codec/json_writer.cc \
  src/codec/json_writer.h \
  src/codec/payload_problem.h \
  src/codec/proto_envelope.cc \
  src/codec/proto_envelope.h \
  src/codec/proto_rpc_codec.cc
libevmicro_core_la_SOURCES += $(codec_sources)
