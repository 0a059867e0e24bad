# The wrapper example.
