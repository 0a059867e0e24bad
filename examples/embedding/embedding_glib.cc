// evmicro inside a GLib main loop, such as that of a GTK program: a GSource waits for the pump's
// descriptor and timeout.
#include <memory>

#include <glib.h>

#include <evmicro/loop_pump.h>

#include "greeting_service.h"

namespace {

//! [source]
// GLib allocates it. The pump is borrowed: the source must be destroyed first.
struct PumpSource {
  GSource base;
  evmicro::LoopPump* pump;
  gpointer descriptor;
};

PumpSource& of(GSource* source) { return *reinterpret_cast<PumpSource*>(source); }

gboolean prepare(GSource* source, gint* timeout) {
  *timeout = of(source).pump->pollTimeout();
  return *timeout == 0;
}

gboolean check(GSource* source) {
  const bool readable = g_source_query_unix_fd(source, of(source).descriptor) != 0;
  return readable || of(source).pump->pollTimeout() == 0;
}

gboolean dispatch(GSource* source, GSourceFunc, gpointer) {
  static_cast<void>(of(source).pump->dispatchReady());
  return G_SOURCE_CONTINUE;
}

struct DestroySource {
  void operator()(GSource* source) const noexcept {
    g_source_destroy(source);
    g_source_unref(source);
  }
};

// Makes the default main context drive `pump` for as long as the result lives.
std::unique_ptr<GSource, DestroySource> attach(evmicro::LoopPump& pump) {
  static GSourceFuncs functions = {prepare, check, dispatch, nullptr, nullptr, nullptr};
  GSource* const source = g_source_new(&functions, sizeof(PumpSource));
  of(source).pump = &pump;
  of(source).descriptor = g_source_add_unix_fd(source, pump.fd(), G_IO_IN);
  g_source_attach(source, nullptr);
  return std::unique_ptr<GSource, DestroySource>(source);
}
//! [source]

}  // namespace

int main() {
  const std::unique_ptr<GMainLoop, decltype(&g_main_loop_unref)> main(
      g_main_loop_new(nullptr, FALSE), g_main_loop_unref);
  evmicro::LoopPump pump;
  const auto source = attach(pump);
  bool succeeded = false;
  GreetingService service(pump.loop(), [&](bool ok) {
    succeeded = ok;
    g_main_loop_quit(main.get());
  });
  g_main_loop_run(main.get());
  return succeeded ? 0 : 1;
}
