#include "call/outliers.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/backoff.h"
#include "base/log.h"

namespace evmicro::detail {

namespace {

using std::chrono::milliseconds;

// Shorter intervals would not detect a hanging node much earlier.
constexpr milliseconds kShortestCheck{5};
// For a node that has never answered: connecting takes time, too.
constexpr int kUnknownFactor = 10;
// When this many calls wait for longer than usual, it is hardly chance, however much the latency
// varies.
constexpr std::size_t kMany = 3;
constexpr unsigned kMostDoubts = 16;
constexpr milliseconds kLongestPatience{10'000};
// If a check is later than this, the loop was busy, and has not read answers either.
constexpr milliseconds kLate{2};

bool isFailure(const Status& outcome) {
  return outcome.kind() == ErrorKind::kTimeout || outcome.kind() == ErrorKind::kUnavailable;
}

}  // namespace

/// The state of the node at one address.
struct Outliers::Peer {
  explicit Peer(std::string_view of) : service(of) {}

  const std::string service;
  const std::string* address = nullptr;
  std::size_t open = 0;       // calls that wait for an answer
  std::uint64_t answers = 0;  // total
  int failures = 0;           // since the last answer
  bool listed = false;        // in listed_
  bool wantsSample = false;   // time the next call
  bool ejected = false;
  bool logged = false;               // whether its ejection was logged
  Reason reason = Reason::kSilence;  // of its ejection
  std::uint64_t seen = 0;            // `answers` at the last check
  bool checkAgain = false;           // check again before ejecting, because the last check was late
  Time progress{};                   // when `answers` was last seen to have grown
  unsigned doubts = 0;               // ejections without cause, since the last answer
  int relapses = 0;                  // ejections for failures soon after it was readmitted
  int pauses = 0;                    // probes so far in this ejection
  std::optional<Time> readmitted;    // when
  UsualLatency latency;
  std::vector<std::string> ids;  // that it is ejected by
  std::unique_ptr<Timer> prober;
  std::uint64_t probe = 0;        // number of the latest one
  int probing = 0;                // probes that have not ended
  std::unique_ptr<Peer> another;  // of another service at the same address

  bool used() const noexcept {
    return open > 0 || listed || ejected || probing > 0 || (another && another->used());
  }
};

Outliers::Outliers(EventLoop& loop, const OutlierOptions& options, Needs needs)
    : loop_(loop),
      options_(options),
      needs_(std::move(needs)),
      checkTimer_(loop, [this] { checkNodes(); }) {}

Outliers::~Outliers() = default;

// --- runs for every call

Outliers::Ticket Outliers::begin(std::string_view service, const std::string& address,
                                 Place& place) {
  Ticket ticket;
  const bool known = place.peer && place.removals == removals_ && place.peer->service == service;
  if (!known) {
    place.peer = peerAt(service, address);  // may remove others
    place.removals = removals_;
  }
  Peer* const peer = place.peer;
  if (!peer) return ticket;
  ticket.peer = peer;
  ++peer->open;
  if (!peer->listed) {
    list(*peer);
    ticket.sampledSince = peer->progress;
  } else if (peer->wantsSample) {
    peer->wantsSample = false;
    ticket.sampledSince = EventLoop::now();
  }
  return ticket;
}

void Outliers::answered(Ticket& ticket) {
  Peer* const peer = std::exchange(ticket.peer, nullptr);
  if (!peer) return;
  --peer->open;
  ++peer->answers;
  peer->failures = 0;
  peer->doubts = 0;
  if (ticket.sampledSince) peer->latency.add(EventLoop::now() - *ticket.sampledSince);
  if (peer->ejected) readmit(*peer);
}

void Outliers::ended(Ticket& ticket, const Status& outcome) {
  Peer* const peer = std::exchange(ticket.peer, nullptr);
  if (!peer) return;
  --peer->open;
  failed(*peer, outcome);
}

void Outliers::streamEnded(std::string_view service, const std::string& address,
                           const Status& outcome) {
  Peer* const peer = peerAt(service, address);
  if (!peer) return;
  if (outcome.ok()) peer->failures = 0;
  failed(*peer, outcome);
}

void Outliers::failed(Peer& peer, const Status& outcome) {
  if (isFailure(outcome) && ++peer.failures >= options_.failures) eject(peer, Reason::kFailures);
}

// Null: the node is not observed.
Outliers::Peer* Outliers::peerAt(std::string_view service, const std::string& address) {
  if (!options_.enabled) return nullptr;
  auto found = peers_.find(address);
  if (found == peers_.end()) {
    if (peers_.size() >= dropAt_) dropUnused();
    found = peers_.try_emplace(address, service).first;
    found->second.address = &found->first;
  }
  Peer* peer = &found->second;
  while (peer->service != service) {
    if (!peer->another) {
      peer->another = std::make_unique<Peer>(service);
      peer->another->address = &found->first;
    }
    peer = peer->another.get();
  }
  return peer;
}

void Outliers::dropUnused() {
  ++removals_;
  for (auto entry = peers_.begin(); entry != peers_.end();) {
    entry = entry->second.used() ? std::next(entry) : peers_.erase(entry);
  }
  dropAt_ = std::max<std::size_t>(64, 2 * peers_.size());
}

// --- finding nodes that hang

void Outliers::list(Peer& peer) {
  peer.listed = true;
  peer.seen = peer.answers;
  peer.progress = EventLoop::now();
  listed_.push_back(&peer);
  wakeAt(peer.progress + untilCheck(allowedSilence(peer)));
}

// Answers are noticed only by a check, so checking at the limit alone would be too rare.
Outliers::Duration Outliers::untilCheck(Duration silence) {
  return std::max<Duration>(kShortestCheck, silence / 3);
}

void Outliers::wakeAt(Time when) {
  if (checkTimer_.running() && wakesAt_ <= when) return;
  wakesAt_ = when;
  checkTimer_.start(when - EventLoop::now());
}

// How long it may be silent while calls are waiting.
Outliers::Duration Outliers::allowedSilence(const Peer& peer) const {
  Duration usual = options_.silence;
  if (peer.latency.known()) {
    usual = std::max<Duration>(usual,
                               peer.open < kMany ? peer.latency.bound() : 2 * peer.latency.mean());
  } else {
    usual *= kUnknownFactor;
  }
  return std::min<Duration>(usual * (1U << std::min(peer.doubts, kMostDoubts)), kLongestPatience);
}

void Outliers::progresses(Peer& peer, Time now) {
  peer.progress = now;
  peer.checkAgain = false;
}

void Outliers::checkNodes() {
  const Time now = EventLoop::now();
  const Duration late = now - wakesAt_;
  Time next = Time::max();
  std::vector<Peer*> silent;
  const auto isIdle = [&](Peer* peer) {
    if (std::exchange(peer->seen, peer->answers) != peer->answers) {
      progresses(*peer, now);
      peer->wantsSample = true;
    }
    peer->listed = peer->open > 0;
    if (!peer->listed) return true;
    if (late > kLate) peer->progress += late;
    const Duration most = allowedSilence(*peer);
    if (now - peer->progress >= most) {
      // Its answers may be waiting to be read.
      if (late > kLate && !std::exchange(peer->checkAgain, true)) {
        peer->progress = now + kShortestCheck - most;
      } else {
        progresses(*peer, now);
        silent.push_back(peer);
      }
    }
    next = std::min({next, peer->progress + most, now + untilCheck(most)});
    return false;
  };
  listed_.erase(std::remove_if(listed_.begin(), listed_.end(), isIdle), listed_.end());
  if (!listed_.empty()) wakeAt(next);
  for (Peer* const peer : silent) eject(*peer, Reason::kSilence);
}

// --- ejecting

const std::vector<std::string>* Outliers::findEjected(std::string_view service) const {
  const auto found = ejected_.find(service);
  return found == ejected_.end() ? nullptr : &found->second;
}

// The ids of the node, if it may be ejected: half of the nodes always stay.
std::vector<std::string> Outliers::idsToEject(const Peer& peer) const {
  std::set<std::string> all;
  std::vector<std::string> ids;
  for (const Known& node : needs_.nodesOf(peer.service)) {
    const bool isNew = all.insert(node.id).second;
    if (isNew && node.address == *peer.address) ids.push_back(node.id);
  }
  const auto* const others = findEjected(peer.service);
  const std::size_t ejected = ids.size() + (others ? others->size() : 0);
  if (2 * ejected > all.size()) ids.clear();
  return ids;
}

void Outliers::eject(Peer& peer, Reason reason) {
  if (peer.ejected) return;
  peer.ids = idsToEject(peer);
  if (peer.ids.empty()) {
    ++peer.doubts;
    peer.failures = 0;
    return;
  }
  std::vector<std::string>& ids = ejected_[peer.service];
  ids.insert(ids.end(), peer.ids.begin(), peer.ids.end());
  peer.ejected = true;
  peer.reason = reason;
  ++stats_.ejections;
  ++stats_.ejected;
  // A node that answers probes but repeatedly fails calls stays ejected for longer.
  const bool relapse = reason == Reason::kFailures && peer.readmitted &&
                       EventLoop::now() - *peer.readmitted < options_.longestPause;
  peer.relapses = relapse ? peer.relapses + 1 : 0;
  peer.pauses = peer.relapses;
  peer.prober = std::make_unique<Timer>(loop_, [this, &peer] { probe(peer); });
  if (relapse) {
    logEjection(peer, "fails calls again");
    pauseBeforeProbe(peer);
  } else {
    peer.prober->start({});
  }
}

// Removes its ids from the ejected ones. The peer may be unused then.
void Outliers::release(Peer& peer) {
  peer.ejected = false;
  peer.prober.reset();
  ++peer.probe;  // what the probes so far say counts no more
  peer.failures = 0;
  --stats_.ejected;
  const auto place = ejected_.find(peer.service);
  std::vector<std::string>& ids = place->second;
  for (const std::string& id : std::exchange(peer.ids, {})) {
    ids.erase(std::find(ids.begin(), ids.end(), id));
  }
  if (ids.empty()) ejected_.erase(place);
}

void Outliers::readmit(Peer& peer) {
  if (std::exchange(peer.logged, false) && ejections_.recovered()) {
    EVMICRO_LOG_INFO("client", "Node at " << *peer.address << " of " << peer.service
                                          << " answers again: readmitted");
  }
  peer.readmitted = peer.progress = EventLoop::now();
  if (peer.reason == Reason::kSilence) ++peer.doubts;
  release(peer);
}

void Outliers::logEjection(Peer& peer, std::string_view what) {
  if (std::exchange(peer.logged, true) || !ejections_.occurred()) return;
  EVMICRO_LOG_WARN("client", "Node at " << *peer.address << " of " << peer.service << " " << what
                                        << ": ejected until it answers a health check");
}

// --- probing

void Outliers::pauseBeforeProbe(Peer& peer) {
  const BackoffPolicy pauses{options_.firstPause, options_.longestPause, 0};
  peer.prober->start(pauses.after(static_cast<unsigned>(peer.pauses)));
}

void Outliers::probe(Peer& peer) {
  ++stats_.probes;
  ++peer.probing;
  needs_.probe(peer.service, *peer.address, options_.probeTimeout,
               [this, &peer, number = ++peer.probe](const Status& outcome) {
                 --peer.probing;
                 if (peer.probe == number) probed(peer, outcome);
               });
}

void Outliers::probed(Peer& peer, const Status& outcome) {
  switch (outcome.kind()) {
    case ErrorKind::kTimeout:
    case ErrorKind::kUnavailable:
    case ErrorKind::kInternal: break;
    default: return readmit(peer);  // an error is an answer, too
  }
  const auto nodes = needs_.nodesOf(peer.service);
  const bool known = std::any_of(nodes.begin(), nodes.end(),
                                 [&](const Known& node) { return node.address == *peer.address; });
  if (!known) {
    peer.logged = false;
    static_cast<void>(ejections_.recovered());
    return release(peer);
  }
  ++peer.pauses;
  logEjection(peer, peer.reason == Reason::kSilence ? "does not answer" : "fails calls");
  pauseBeforeProbe(peer);
}

}  // namespace evmicro::detail
