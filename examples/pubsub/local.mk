# examples/pubsub_producer and examples/pubsub_consumer: the broker used directly.
noinst_PROGRAMS += examples/pubsub_producer examples/pubsub_consumer
examples_pubsub_producer_CPPFLAGS = $(examples_CPPFLAGS)
examples_pubsub_producer_LDADD = $(examples_LDADD)
examples_pubsub_producer_SOURCES = examples/pubsub/producer.cc
examples_pubsub_consumer_CPPFLAGS = $(examples_CPPFLAGS)
examples_pubsub_consumer_LDADD = $(examples_LDADD)
examples_pubsub_consumer_SOURCES = examples/pubsub/consumer.cc
EXTRA_DIST += examples/pubsub/README.md
