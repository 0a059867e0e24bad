#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>

#include <evmicro/event_loop.h>
#include <evmicro/message.h>
#include <evmicro/transport.h>

#include "base/block_pool.h"
#include "event/deadlines.h"
#include "http/admission.h"
#include "http/memory_budget.h"
#include "http/reader.h"
#include "http/refusal.h"

namespace evmicro::detail {

class Http2Handover;

/// State shared by all HttpSockets of a listener or dialler: limits, memory for the message that is
/// being read or written, one timer, and counters, so that an idle socket needs none of these. The
/// sockets share its ownership, because they may outlive their listener.
struct HttpSocketShared {
  HttpSocketShared(EventLoop& eventLoop, const ListenOptions& options)
      : loop(eventLoop),
        limits{options.maxHeaderBytes, options.maxBodyBytes, options.maxHeaderLines},
        highWaterBytes(options.highWaterBytes),
        minReadRate(options.minReadRate),
        messageTimeout(options.messageTimeout),
        startIdleTimeout(options.idleTimeout),
        maxAge(options.maxConnectionAge),
        maxStreams(options.maxStreams),
        admission(options.maxConnections, options.maxConnectionsPerPeer),
        memory(eventLoop, options.memoryBytes),
        deadlines(eventLoop) {}
  HttpSocketShared(EventLoop& eventLoop, const DialOptions& options)
      : loop(eventLoop),
        highWaterBytes(options.highWaterBytes),
        startIdleTimeout(options.keepAlive),
        pingTimeout(options.keepAliveTimeout),
        admission(0, 0),
        memory(eventLoop, 0),
        deadlines(eventLoop) {
    limits.headerBytes = options.maxHeaderBytes;
    limits.bodyBytes = options.maxBodyBytes;
  }

  EventLoop& loop;
  HttpReader::Limits limits;
  const std::size_t highWaterBytes;
  const std::size_t minReadRate = 0;
  const std::chrono::milliseconds messageTimeout{0};
  const std::chrono::milliseconds startIdleTimeout{0};
  const std::chrono::milliseconds maxAge{0};            // of HTTP/2 connections; 0: any
  const std::size_t maxStreams = 0;                     // of an HTTP/2 connection; 0: any number
  const std::chrono::milliseconds pingTimeout{20'000};  // for the answer of a silent peer
  /// Every request is a message, whatever its method; otherwise only POST carries one.
  bool anyMethod = false;
  /// Peers keep connections as HTTP/1.1 says, otherwise only those that send Keep-Alive.
  bool peersKeepAlive = false;
  /// Null: HTTP/2 is refused.
  Http2Handover* http2 = nullptr;
  std::string head;               // head of the message that is being written
  Message message;                // that is being read
  std::uint64_t slowReaders = 0;  // so far
  Admission admission;            // of accepted connections
  HttpRefusals refusals;
  std::minstd_rand random{std::random_device{}()};  // for times
  MemoryBudget memory;
  const BlockPool::Owner blocks = BlockPool::make();  // for HTTP/2's streams and sessions
  Deadlines deadlines;
};

}  // namespace evmicro::detail
