tests_run_SOURCES += \
  tests/json/base64_test.cc \
  tests/json/field_names_test.cc \
  tests/json/go_float_test.cc \
  tests/json/long_text_test.cc \
  tests/json/message_writer_test.cc \
  tests/json/reader_errors_test.cc \
  tests/json/reader_test.cc \
  tests/json/scanner_test.cc \
  tests/json/text_test.cc \
  tests/json/well_known_test.cc \
  tests/json/writer_test.cc
