# The `evmicro` program; all but its main() as a library for the tests.
noinst_LTLIBRARIES += libevmicro_tool.la
libevmicro_tool_la_SOURCES = \
  src/tool/agent_command.cc \
  src/tool/api_command.cc \
  src/tool/arguments.cc \
  src/tool/arguments.h \
  src/tool/broker_commands.cc \
  src/tool/call_commands.cc \
  src/tool/call_flags.cc \
  src/tool/call_flags.h \
  src/tool/command.h \
  src/tool/command_line.cc \
  src/tool/command_line.h \
  src/tool/command_shape.cc \
  src/tool/command_shape.h \
  src/tool/commands.cc \
  src/tool/endpoint_check.cc \
  src/tool/endpoint_check.h \
  src/tool/gateway_flags.cc \
  src/tool/gateway_flags.h \
  src/tool/grpc_health.cc \
  src/tool/grpc_health.h \
  src/tool/help_command.cc \
  src/tool/json_argument.cc \
  src/tool/json_argument.h \
  src/tool/json_output.cc \
  src/tool/json_output.h \
  src/tool/node_commands.cc \
  src/tool/node_stats.cc \
  src/tool/node_stats.h \
  src/tool/nodes.cc \
  src/tool/nodes.h \
  src/tool/output.cc \
  src/tool/output.h \
  src/tool/pages.cc \
  src/tool/pages.h \
  src/tool/printable.cc \
  src/tool/printable.h \
  src/tool/reflected_codec.cc \
  src/tool/reflected_codec.h \
  src/tool/reflection.cc \
  src/tool/reflection.h \
  src/tool/registry_commands.cc \
  src/tool/run_gateway.h \
  src/tool/service_text.cc \
  src/tool/service_text.h \
  src/tool/sidecar_client.cc \
  src/tool/sidecar_client.h \
  src/tool/sidecar_command.cc \
  src/tool/stdout_watch.cc \
  src/tool/stdout_watch.h \
  src/tool/waiting.cc \
  src/tool/waiting.h \
  src/tool/watch_command.cc \
  src/tool/web_command.cc
libevmicro_tool_la_CXXFLAGS = $(AM_CXXFLAGS) $(program_precompiled)
libevmicro_tool_la_LIBADD = libevmicro_agent.la libevmicro_dashboard.la libevmicro_gateway.la

bin_PROGRAMS += evmicro
evmicro_SOURCES = src/tool/main.cc
evmicro_CXXFLAGS = $(AM_CXXFLAGS) $(program_precompiled)
evmicro_LDADD = libevmicro_tool.la libevmicro_core.la $(linked_modules) $(LINKED_LOG4CPLUS)

# Makes the manual page and the completion.
noinst_PROGRAMS += evmicro-pages
evmicro_pages_SOURCES = src/tool/pages_main.cc
evmicro_pages_LDADD = libevmicro_tool.la libevmicro_core.la

# bash looks for a file that is called as the command is.
bashcompletiondir = $(datadir)/bash-completion/completions
if RUN_TOOLS
bashcompletion_DATA = src/tool/evmicro
endif
EXTRA_DIST += src/tool/evmicro.bash.in
CLEANFILES += src/tool/evmicro
src/tool/evmicro: src/tool/evmicro.bash.in evmicro-pages$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) $(@D) && ./evmicro-pages$(EXEEXT) <$< >$@.new && mv $@.new $@
