# Tests of agent.
