# Sources of src/client.
