# Tests of event.
