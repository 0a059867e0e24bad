# Sources of src/service.
