# Sources of src/tool.
