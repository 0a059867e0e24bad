# Tests of src/protoc: what the plugin writes and refuses, and that what it writes can be used.
tests_run_SOURCES += \
  tests/protoc/generated_code_test.cc \
  tests/protoc/generator_test.cc
tests_run_CPPFLAGS += -I$(top_builddir)/tests/protoc/protos -DPROTOC='"$(PROTOC)"'
EXTRA_tests_run_DEPENDENCIES += protoc-gen-evmicro$(EXEEXT)

protoc_test_protos = \
  tests/protoc/protos/common/types.proto \
  tests/protoc/protos/zoo/evmicro.proto \
  tests/protoc/protos/zoo/zoo.proto
protoc_test_headers = $(protoc_test_protos:.proto=.pb.h) $(protoc_test_protos:.proto=.evmicro.h)
protoc_test_generated = $(protoc_test_headers) $(protoc_test_protos:.proto=.pb.cc) \
  $(protoc_test_protos:.proto=.evmicro.cc)

nodist_tests_run_SOURCES += \
  tests/protoc/protos/common/types.evmicro.cc \
  tests/protoc/protos/common/types.pb.cc \
  tests/protoc/protos/zoo/evmicro.evmicro.cc \
  tests/protoc/protos/zoo/evmicro.pb.cc \
  tests/protoc/protos/zoo/zoo.evmicro.cc \
  tests/protoc/protos/zoo/zoo.pb.cc
CLEANFILES += $(protoc_test_generated)
EXTRA_DIST += $(protoc_test_protos) \
  tests/protoc/golden/greeter.evmicro.cc.txt \
  tests/protoc/golden/greeter.evmicro.h.txt \
  tests/protoc/golden/greeter.proto \
  tests/protoc/golden/streams.evmicro.cc.txt \
  tests/protoc/golden/streams.evmicro.h.txt \
  tests/protoc/golden/streams.proto

# Their imports are named from this folder on, so it is the root. More specific than the rules for
# *.proto elsewhere: make takes the pattern with the shorter stem.
protoc_test_root = tests/protoc/protos
tests/protoc/protos/%.pb.cc tests/protoc/protos/%.pb.h: tests/protoc/protos/%.proto
	$(AM_V_GEN)$(MKDIR_P) $(@D) && \
	$(PROTOC) -I$(srcdir)/$(protoc_test_root) --cpp_out=$(protoc_test_root) $<
tests/protoc/protos/%.evmicro.cc tests/protoc/protos/%.evmicro.h: tests/protoc/protos/%.proto \
    protoc-gen-evmicro$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) $(@D) && \
	$(PROTOC) -I$(srcdir)/$(protoc_test_root) --evmicro_out=$(protoc_test_root) \
	  --plugin=protoc-gen-evmicro=./protoc-gen-evmicro$(EXEEXT) $<

# The compiler finds the dependencies only after the headers exist.
tests/protoc/protos/common/tests_run-types.evmicro.$(OBJEXT) \
tests/protoc/protos/common/tests_run-types.pb.$(OBJEXT) \
tests/protoc/protos/zoo/tests_run-evmicro.evmicro.$(OBJEXT) \
tests/protoc/protos/zoo/tests_run-evmicro.pb.$(OBJEXT) \
tests/protoc/protos/zoo/tests_run-zoo.evmicro.$(OBJEXT) \
tests/protoc/protos/zoo/tests_run-zoo.pb.$(OBJEXT) \
tests/protoc/tests_run-generated_code_test.$(OBJEXT): $(protoc_test_headers)
