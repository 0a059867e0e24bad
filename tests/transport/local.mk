# Tests of transport.
