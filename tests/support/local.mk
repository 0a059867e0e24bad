# Tests of support.
