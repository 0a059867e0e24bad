json_sources = \
  src/json/base64.cc \
  src/json/base64.h \
  src/json/field_names.cc \
  src/json/field_names.h \
  src/json/go_float.cc \
  src/json/go_float.h \
  src/json/in_blocks.h \
  src/json/jansson.cc \
  src/json/jansson.h \
  src/json/message_reader.h \
  src/json/message_writer.cc \
  src/json/message_writer.h \
  src/json/number.cc \
  src/json/number.h \
  src/json/object_weight.h \
  src/json/path.cc \
  src/json/path.h \
  src/json/reader.cc \
  src/json/reader.h \
  src/json/scalar.cc \
  src/json/scalar.h \
  src/json/scanner.cc \
  src/json/scanner.h \
  src/json/slot.h \
  src/json/status_json.cc \
  src/json/text.cc \
  src/json/text.h \
  src/json/time_text.cc \
  src/json/time_text.h \
  src/json/well_known.cc \
  src/json/writer.cc \
  src/json/writer.h
core_sources += $(json_sources)
