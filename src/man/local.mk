dist_man1_MANS = src/man/evmicro.1 src/man/protoc-gen-evmicro.1
