# Sources of src/agent.
