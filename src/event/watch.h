#pragma once

#include <event2/event_struct.h>

#include <evmicro/event_loop.h>

namespace evmicro::detail {

// The system may refuse to watch a descriptor: ENOSPC (fs.epoll.max_user_watches), ENOMEM. A base
// of our own collects changes until it dispatches, and libevent only prints that one has failed:
// whoever waits for the event would wait for ever. So the descriptor is put into the epoll here,
// once it has been added; libevent then finds it there and only sets what is waited for.

/// Adds `watch`, an event of a descriptor, without a timeout. False: the system does not watch the
/// descriptor, errno says why; that is logged, and the event is not added.
bool addWatch(EventLoop& loop, event& watch) noexcept;

/// The same for a descriptor whose event has just been added by libevent itself, in this turn.
bool isWatched(EventLoop& loop, int fd) noexcept;

}  // namespace evmicro::detail
