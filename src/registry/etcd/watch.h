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

#include "registry/etcd/client.h"
#include "registry/etcd/messages.h"

namespace evmicro::detail {

/// Follows sets of keys, all of them over one watch stream for everything under kEtcdPrefix. Each
/// set is read once, and changes count for it from the revision after that: none is missed, none is
/// seen twice. When the stream breaks, or etcd has compacted away what it would begin with, the
/// sets are read anew. A stream tells nothing when all is quiet and nothing when its member hangs:
/// so the cluster is asked now and then whether it is still there.
class EtcdWatch {
 public:
  /// Whose keys they are. These run in the loop and must not destroy the watch or the reader.
  class Reader {
   public:
    /// All that there is, now.
    virtual void onAll(const std::vector<EtcdEntry>& entries) = 0;
    virtual void onChanges(const std::vector<EtcdChange>& changes) = 0;
    /// The cluster does not answer; it is asked again.
    virtual void onFailure(const Status& why) = 0;

   protected:
    ~Reader() = default;
  };

  /// `client` must outlive it.
  EtcdWatch(EventLoop& loop, EtcdClient& client, std::chrono::milliseconds probeInterval);
  EtcdWatch(const EtcdWatch&) = delete;
  EtcdWatch& operator=(const EtcdWatch&) = delete;
  ~EtcdWatch();

  /// Follows all keys that begin with `prefix`, which begins with kEtcdPrefix, from the next turn
  /// on, until remove().
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
  std::chrono::milliseconds jittered(std::chrono::milliseconds longest);

  EtcdClient& client_;
  const std::chrono::milliseconds probeInterval_;
  std::map<Reader*, std::unique_ptr<Topic>> topics_;
  unsigned failures_ = 0;  // since the stream last worked
  std::string member_;     // the stream's; empty: there is none
  std::string line_;       // what has come of one
  std::minstd_rand random_;
  Timer settle_;  // what is to be read, or watched, is looked at again
  Timer probe_;   // runs while there is a stream
  Call probing_;
  Call stream_;
};

}  // namespace evmicro::detail
