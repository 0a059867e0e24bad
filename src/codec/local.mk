# Sources of src/codec.
