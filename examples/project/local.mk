# A project outside of this tree: built by `make installcheck`.
EXTRA_DIST += \
  examples/project/CMakeLists.txt \
  examples/project/Makefile \
  examples/project/README.md \
  examples/project/client.cc \
  examples/project/greeter.proto \
  examples/project/server.cc
