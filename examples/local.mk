# The examples use what a user has: the installed headers, the library and the plugin. A folder is
# named after its topic, not after its program: examples/greeter is the program in the build folder,
# and could not stand beside a folder of that name.
examples_CPPFLAGS = -I$(top_srcdir)/include $(PROTOBUF_CFLAGS)
examples_LDADD = libevmicro.la $(PROTOBUF_LIBS)

# Each .proto is generated with its own folder as root, so that code includes "greeter.evmicro.h".
examples/%.pb.cc examples/%.pb.h: examples/%.proto
	$(AM_V_GEN)$(MKDIR_P) $(@D) && $(PROTOC) -I$(<D) --cpp_out=$(@D) $<
if OWN_PLUGIN
plugin = ./protoc-gen-evmicro$(EXEEXT)
plugin_dependency = protoc-gen-evmicro$(EXEEXT)
else
plugin = $(PROTOC_GEN_EVMICRO)
endif
examples/%.evmicro.cc examples/%.evmicro.h: examples/%.proto $(plugin_dependency)
	$(AM_V_GEN)$(MKDIR_P) $(@D) && $(PROTOC) -I$(<D) --evmicro_out=$(@D) \
	  --plugin=protoc-gen-evmicro=$(plugin) $<

include examples/greeting/local.mk
include examples/streaming/local.mk
include examples/pubsub/local.mk
include examples/logging/local.mk
include examples/embedding/local.mk
include examples/selecting/local.mk
include examples/owning/local.mk
include examples/awaiting/local.mk
include examples/threading/local.mk
include examples/plugging/local.mk
include examples/limiting/local.mk
include examples/authenticating/local.mk
include examples/project/local.mk
include examples/services/local.mk
