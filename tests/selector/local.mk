# Tests of selector.
