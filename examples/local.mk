include examples/greeter/local.mk
include examples/wrapper/local.mk
