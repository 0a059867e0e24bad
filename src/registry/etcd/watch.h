#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <evmicro/event_loop.h>
#include <evmicro/status.h>
#include <evmicro/timer.h>

#include "base/backoff.h"
#include "registry/etcd/client.h"
#include "registry/etcd/messages.h"

namespace evmicro::detail {

/// Follows sets of keys with a single watch stream for everything under kEtcdPrefix. Each set is
/// read once, and then updated by changes with a later revision, so that none is missed or applied
/// twice. When the stream breaks, or etcd has compacted its start revision, the sets are read
/// again. A stream is silent both when nothing changes and when its member hangs, so the cluster is
/// probed periodically.
class EtcdWatch {
 public:
  /// Receives the data of a set of keys. These functions run in the loop and must not destroy the
  /// watch or the reader.
  class Reader {
   public:
    /// The current content of the set.
    virtual void onAll(const std::vector<EtcdEntry>& entries) = 0;
    virtual void onChanges(const std::vector<EtcdChange>& changes) = 0;
    /// The cluster does not answer; it is retried.
    virtual void onFailure(const Status& why) = 0;

   protected:
    ~Reader() = default;
  };

  /// `client` must outlive it.
  EtcdWatch(EventLoop& loop, EtcdClient& client, std::chrono::milliseconds probeInterval);
  EtcdWatch(const EtcdWatch&) = delete;
  EtcdWatch& operator=(const EtcdWatch&) = delete;
  ~EtcdWatch();

  /// Follows all keys with `prefix`, which must begin with kEtcdPrefix, from the next turn until
  /// remove().
  void add(Reader& reader, std::string prefix);
  void remove(Reader& reader);

 private:
  struct Topic;

  void settle();
  void read(Topic& topic);
  void wasRead(Topic& topic, Result<Json> reply);
  void openStream();
  void closeStream();
  void onPiece(std::string_view piece);
  bool onLine(std::string_view line);
  void onMessage(const EtcdWatchMessage& message);
  void onStreamEnd();
  void probe();
  void probed(const Result<Json>& reply);
  void tryLater();
  void probeLater();

  EtcdClient& client_;
  const std::chrono::milliseconds probeInterval_;
  std::map<Reader*, std::unique_ptr<Topic>> topics_;
  Backoff backoff_;     // reset when the stream works
  std::string member_;  // the member of the stream; empty: no stream
  std::string line_;    // the received part of a line
  std::minstd_rand random_;
  Timer settle_;  // sets to read, or a stream to open, are checked when it fires
  Timer probe_;   // runs while there is a stream
  Call probing_;
  Call stream_;
};

}  // namespace evmicro::detail
