#include "registry/etcd/watch.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace evmicro::detail {

namespace {

using std::chrono::milliseconds;

constexpr const char* kRange = "/v3/kv/range";
constexpr const char* kWatch = "/v3/watch";
constexpr int kProbeJitter = 50;  // per cent
constexpr std::size_t kMaxLine = 64U << 20;

}  // namespace

/// One set of keys.
struct EtcdWatch::Topic {
  Reader& reader;
  const std::string prefix;
  bool known = false;             // the reader has been given the state of `revision`
  std::int64_t revision = 0;      // of the last known change
  bool busy = false;              // `reading` is in progress
  std::vector<EtcdChange> early;  // arrived before the result of the read
  Call reading;

  bool has(const EtcdChange& change) const {
    return change.entry.key.compare(0, prefix.size(), prefix) == 0;
  }
  /// Those of `changes` that are new and belong to this set.
  std::vector<EtcdChange> take(const std::vector<EtcdChange>& changes) {
    std::vector<EtcdChange> mine;
    const std::int64_t before = revision;
    for (const EtcdChange& change : changes) {
      if (!has(change) || change.entry.revision <= before) continue;
      revision = std::max(revision, change.entry.revision);
      mine.push_back(change);
    }
    return mine;
  }
};

EtcdWatch::EtcdWatch(EventLoop& loop, EtcdClient& client, milliseconds probeInterval)
    : client_(client),
      probeInterval_(probeInterval),
      backoff_(BackoffPolicy()),
      random_(std::random_device{}()),
      settle_(loop, [this] { settle(); }),
      probe_(loop, [this] { probe(); }) {}

EtcdWatch::~EtcdWatch() = default;

void EtcdWatch::add(Reader& reader, std::string prefix) {
  topics_.emplace(&reader, new Topic{reader, std::move(prefix), false, 0, false, {}, {}});
  settle_.start({});
}

void EtcdWatch::remove(Reader& reader) {
  topics_.erase(&reader);
  if (!topics_.empty()) return;
  closeStream();
  settle_.stop();
}

// Reads the sets that are not known. The stream is opened when all reads have ended.
void EtcdWatch::settle() {
  bool reading = false;
  bool known = false;
  for (const auto& [reader, topic] : topics_) {
    if (!topic->known && !topic->busy) read(*topic);
    reading = reading || topic->busy;
    known = known || topic->known;
  }
  if (member_.empty() && known && !reading) openStream();
}

void EtcdWatch::read(Topic& topic) {
  topic.busy = true;
  topic.early.clear();
  topic.reading = client_.send(kRange, rangeBody(topic.prefix), [this, &topic](Result<Json> reply) {
    wasRead(topic, std::move(reply));
  });
}

void EtcdWatch::wasRead(Topic& topic, Result<Json> reply) {
  topic.busy = false;
  Status problem = reply.status();
  if (reply.ok()) {
    const Result<EtcdRange> range = readRange(reply->get());
    if (range.ok()) {
      topic.known = true;
      topic.revision = range->revision;
      topic.reader.onAll(range->entries);
      const auto changes = topic.take(std::exchange(topic.early, {}));
      if (!changes.empty()) topic.reader.onChanges(changes);
      settle_.start({});
      return;
    }
    problem = client_.unusable(kRange, range.status());
  }
  topic.reader.onFailure(problem);
  tryLater();
}

// One pause for all: failures during it belong to the same problem.
void EtcdWatch::tryLater() {
  if (settle_.running()) return;
  settle_.start(backoff_.next(random_));
}

// Starts after the oldest of the known revisions.
void EtcdWatch::openStream() {
  std::int64_t oldest = std::numeric_limits<std::int64_t>::max();
  for (const auto& [reader, topic] : topics_) {
    if (topic->known) oldest = std::min(oldest, topic->revision);
  }
  line_.clear();
  member_ = client_.address();
  stream_ = client_.stream(
      kWatch, watchBody(kEtcdPrefix, oldest + 1),
      [this](const std::string& piece) { onPiece(piece); },
      [this](const Status&) { onStreamEnd(); });
  probeLater();
}

void EtcdWatch::closeStream() {
  stream_.cancel();
  probing_.cancel();
  probe_.stop();
  member_.clear();
}

void EtcdWatch::onPiece(std::string_view piece) {
  for (std::size_t end = 0; (end = piece.find('\n')) != std::string_view::npos;) {
    line_ += piece.substr(0, end);
    piece.remove_prefix(end + 1);
    if (!onLine(std::exchange(line_, {}))) return onStreamEnd();
  }
  line_ += piece;
  if (line_.size() > kMaxLine) onStreamEnd();
}

// False: the stream is unusable from now on.
bool EtcdWatch::onLine(std::string_view line) {
  const Result<EtcdWatchMessage> message = readWatchMessage(line);
  if (!message.ok() || message->canceled) return false;
  onMessage(*message);
  return true;
}

void EtcdWatch::onMessage(const EtcdWatchMessage& message) {
  backoff_.reset();
  for (const auto& [reader, topic] : topics_) {
    if (topic->busy) {
      topic->early.insert(topic->early.end(), message.changes.begin(), message.changes.end());
    } else if (topic->known) {
      const auto changes = topic->take(message.changes);
      if (!changes.empty()) reader->onChanges(changes);
    }
  }
}

// Changes may have been missed: everything is read again, which also shows whether the cluster is
// reachable.
void EtcdWatch::onStreamEnd() {
  closeStream();
  for (const auto& [reader, topic] : topics_) topic->known = false;
  tryLater();
}

void EtcdWatch::probeLater() { probe_.start(jittered(probeInterval_, kProbeJitter, random_)); }

void EtcdWatch::probe() {
  probing_ = client_.send(kRange, countBody(kEtcdPrefix),
                          [this](const Result<Json>& reply) { probed(reply); });
}

// If another member has answered, that of the stream has failed, here or for another request.
void EtcdWatch::probed(const Result<Json>& reply) {
  if (!reply.ok() || client_.address() != member_) return onStreamEnd();
  probeLater();
}

}  // namespace evmicro::detail
