# Sources of src/registry.
