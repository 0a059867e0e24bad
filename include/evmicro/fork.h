#pragma once

#include <evmicro/export.h>
#include <evmicro/status.h>

namespace evmicro {

class EventLoop;

/// What a process that uses evmicro may do after fork(). In the child it is one of three:
/// - exec() or _exit(): nothing else is needed. All descriptors of the library are closed by
/// exec().
/// - Leave the objects it has inherited alone, or destroy them, such as by return from main():
///   destructors then free memory and close the child's copies of descriptors. They change nothing
///   in the parent: its events stay registered, its connections stay open, peers receive nothing,
///   and the files of its Unix sockets stay. Calls and streams end without a callback.
/// - Go on with them, as a program does that becomes a daemon after it has made its service: call
///   reinitAfterFork(). The parent must then exec() or _exit(), because connections and listening
///   sockets belong to one process.
///
/// A loop that owns its event_base does this by itself when the child calls EventLoop::run(),
/// Service::run() or a blocking function.
///
/// NATS, log sinks and Offload have threads, which a child does not inherit: a service with
/// `broker=nats` must be made after the fork. The contract holds for fork() and daemon(), not for
/// vfork(), _Fork() and clone().

/// Makes `loop` the calling process's own after a fork, by event_reinit(3). Call it in the child,
/// before its first turn of the loop, outside of callbacks. If the program has called
/// event_reinit() itself for a base of its own, that is done already, and this must still be
/// called. No effect in the process that made the loop. kInternal: libevent cannot.
EVMICRO_EXPORT Status reinitAfterFork(EventLoop& loop);

}  // namespace evmicro
