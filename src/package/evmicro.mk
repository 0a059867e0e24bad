# Rules for GNU make that generate code from .proto files. In your Makefile:
#
#   include $(shell pkg-config --variable=makefile evmicro)
#   server: server.o greeter.pb.o greeter.evmicro.o
#   server.o greeter.evmicro.o: greeter.pb.h greeter.evmicro.h
#
# The code is written beside the .proto file. `import` names files relative to PROTO_PATH, the folder in
# which make runs unless you set it; the generated files include each other by the same names, so
# add -I$(PROTO_PATH) to CPPFLAGS. Set PROTOC_GEN_EVMICRO to use another plugin, such as one that
# runs on the build machine.
PROTOC ?= protoc
PROTOC_GEN_EVMICRO ?= $(shell pkg-config --variable=plugin evmicro)
PROTO_PATH ?= .

%.pb.cc %.pb.h: %.proto
	$(PROTOC) --proto_path='$(PROTO_PATH)' --cpp_out='$(PROTO_PATH)' '$<'

%.evmicro.cc %.evmicro.h: %.proto
	$(PROTOC) --proto_path='$(PROTO_PATH)' --plugin=protoc-gen-evmicro='$(PROTOC_GEN_EVMICRO)' \
	  --evmicro_out='$(PROTO_PATH)' '$<'

# Kept, so that each is generated once.
.SECONDARY:
