# Rules for GNU make that generate code from .proto files. In your Makefile:
#
#   include $(shell pkg-config --variable=makefile evmicro)
#   server: server.o greeter.pb.o greeter.evmicro.o
#   server.o greeter.evmicro.o: greeter.pb.h greeter.evmicro.h
#
# The paths of the .proto files are relative to the folder in which make runs. Set PROTOC_GEN_EVMICRO
# to use another plugin, such as one that runs on the build machine.
PROTOC ?= protoc
PROTOC_GEN_EVMICRO ?= $(shell pkg-config --variable=plugin evmicro)

%.pb.cc %.pb.h: %.proto
	$(PROTOC) --cpp_out=. $<

%.evmicro.cc %.evmicro.h: %.proto
	$(PROTOC) --plugin=protoc-gen-evmicro=$(PROTOC_GEN_EVMICRO) --evmicro_out=. $<

# Kept, so that each is generated once.
.SECONDARY:
