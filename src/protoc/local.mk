# Sources of src/protoc.
