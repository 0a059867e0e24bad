# The `evmicro` program.
bin_PROGRAMS += evmicro
evmicro_SOURCES = \
  src/tool/agent_command.cc \
  src/tool/command.h \
  src/tool/commands.cc \
  src/tool/main.cc
evmicro_LDADD = libevmicro_agent.la libevmicro_core.la
