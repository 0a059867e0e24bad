# Sources of src/server.
