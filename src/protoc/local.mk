# protoc-gen-evmicro, the plugin that writes *.evmicro.h and *.evmicro.cc.
bin_PROGRAMS += protoc-gen-evmicro
protoc_gen_evmicro_LDADD = -lprotoc $(PROTOBUF_LIBS)
plugin_sources = \
  src/protoc/class_names.cc \
  src/protoc/class_names.h \
  src/protoc/comments.cc \
  src/protoc/comments.h \
  src/protoc/generator.cc \
  src/protoc/generator.h \
  src/protoc/http_rules.cc \
  src/protoc/http_rules.h \
  src/protoc/main.cc \
  src/protoc/model.cc \
  src/protoc/model.h \
  src/protoc/names.cc \
  src/protoc/names.h \
  src/protoc/streaming.cc \
  src/protoc/streaming.h \
  src/protoc/unary.cc \
  src/protoc/unary.h \
  src/protoc/variables.cc \
  src/protoc/variables.h \
  src/protoc/writer.cc \
  src/protoc/writer.h
if UNITY
protoc_gen_evmicro_SOURCES =
nodist_protoc_gen_evmicro_SOURCES = unity/protoc.cc
protoc_gen_evmicro_CXXFLAGS = $(AM_CXXFLAGS) $(unity_CXXFLAGS)
else
protoc_gen_evmicro_SOURCES = $(plugin_sources)
protoc_gen_evmicro_CXXFLAGS = $(AM_CXXFLAGS) $(program_precompiled)
endif
