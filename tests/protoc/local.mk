# Tests of protoc.
