# The greeter example.
