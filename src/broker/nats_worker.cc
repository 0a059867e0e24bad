#include "broker/nats_worker.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <utility>
#include <vector>

#include <unistd.h>

#include "broker/nats_names.h"

namespace evmicro::detail {

namespace {

// Milliseconds, for libnats.
constexpr std::int64_t kConnectTimeout = 2'000;
constexpr std::int64_t kReconnectWait = 250;
constexpr std::int64_t kReconnectJitter = 250;
constexpr std::int64_t kWriteDeadline = 2'000;
// A server that hangs is abandoned after the third.
constexpr std::int64_t kPingInterval = 5'000;
constexpr int kMaxPingsOut = 2;
constexpr std::chrono::milliseconds kPause{500};

// The number of the subscription to the echoes: users' numbers begin with 1.
constexpr std::uint64_t kEchoes = 0;

std::string serverOf(natsConnection* connection) {
  char url[512] = "";
  nats().natsConnection_GetConnectedUrl(connection, url, sizeof url);
  const std::string_view text = url;
  const std::size_t scheme = text.find("://");
  const std::size_t login = text.rfind('@');  // must not appear in logs and results
  const std::size_t begin = login != std::string_view::npos    ? login + 1
                            : scheme != std::string_view::npos ? scheme + 3
                                                               : 0;
  return std::string(text.substr(begin));
}

std::string reasonOf(natsConnection* connection) {
  const char* text = nullptr;
  nats().natsConnection_GetLastError(connection, &text);
  return text && *text ? text : "connection lost";
}

// The error of the last call on this thread, with libnats' details in addition to the status.
std::string lastError(natsStatus status) {
  const char* const more = nats().nats_GetLastError(nullptr);
  const std::string text = nats().natsStatus_GetText(status);
  return more && *more ? text + " " + more : text;
}

// Which file cannot be read, and why; empty if all can. libnats does not always name the file.
std::string unreadableFile(const NatsServers& servers) {
  for (const std::string* const file :
       {&servers.tls.caFile, &servers.tls.certificate, &servers.tls.key, &servers.credentials.file,
        &servers.credentials.nkeySeedFile}) {
    if (file->empty() || ::access(file->c_str(), R_OK) == 0) continue;
    return "cannot read " + *file + ": " + std::strerror(errno);
  }
  return {};
}

natsStatus setCredentials(natsOptions* options, const BrokerCredentials& credentials) {
  const auto& [user, password, token, file, nkey, seed] = credentials;
  if (!user.empty()) return nats().natsOptions_SetUserInfo(options, user.c_str(), password.c_str());
  if (!token.empty()) return nats().natsOptions_SetToken(options, token.c_str());
  if (!file.empty()) {
    return nats().natsOptions_SetUserCredentialsFromFiles(options, file.c_str(), nullptr);
  }
  if (!nkey.empty()) return nats().natsOptions_SetNKeyFromSeed(options, nkey.c_str(), seed.c_str());
  return NATS_OK;
}

// The TLS settings are also used if the server requires TLS.
natsStatus setTls(natsOptions* options, const NatsServers& servers) {
  const TlsOptions& tls = servers.tls;
  natsStatus status = NATS_OK;
  const auto set = [&status](bool wanted, const auto& call) {
    if (wanted && status == NATS_OK) status = call();
  };
  set(servers.secure, [&] { return nats().natsOptions_SetSecure(options, true); });
  set(!tls.caFile.empty(),
      [&] { return nats().natsOptions_LoadCATrustedCertificates(options, tls.caFile.c_str()); });
  set(!tls.certificate.empty(), [&] {
    return nats().natsOptions_LoadCertificatesChain(options, tls.certificate.c_str(),
                                                    tls.key.c_str());
  });
  set(!tls.serverName.empty(),
      [&] { return nats().natsOptions_SetExpectedHostname(options, tls.serverName.c_str()); });
  set(tls.verify == TlsOptions::Verify::kNothing,
      [&] { return nats().natsOptions_SkipServerVerification(options, true); });
  return status;
}

}  // namespace

NatsWorker::NatsWorker(EventLoop& loop, NatsLink::Options options, NatsLink::Observer& observer)
    : loop_(loop), options_(std::move(options)), observer_(&observer) {}

NatsWorker::~NatsWorker() = default;

std::thread NatsWorker::start(const std::shared_ptr<NatsWorker>& self) {
  self->self_ = self;
  return std::thread([self] { self->run(self); });
}

void NatsWorker::command(Command command) {
  const std::lock_guard<std::mutex> lock(mutex_);
  commands_.push_back(std::move(command));
  changed_.notify_all();
}

void NatsWorker::close() {
  const std::lock_guard<std::mutex> lock(mutex_);
  ending_ = true;
  changed_.notify_all();
}

void NatsWorker::mute() {
  observer_ = nullptr;
  const std::lock_guard<std::mutex> lock(mutex_);
  muted_ = ending_ = true;
  changed_.notify_all();
}

void NatsWorker::run(const std::shared_ptr<NatsWorker>& self) {
  for (;;) {
    if (connect(self)) serve(self);
    subscriptions_.clear();
    connection_.reset();
    if (!pause()) break;
  }
  nats().nats_ReleaseThreadMemory();
  tell({Event::What::kEnded, 0, {}, {}});
}

bool NatsWorker::connect(const std::shared_ptr<NatsWorker>& self) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    closed_ = false;
  }
  natsOptions* made = nullptr;
  if (nats().natsOptions_Create(&made) != NATS_OK) return false;
  const NatsOptions options(made);
  auto closure = std::make_unique<Closure>(Closure{self, 0, false});
  natsConnection* connection = nullptr;
  std::string why = unreadableFile(options_.servers);
  if (why.empty()) {
    natsStatus status = configure(made, closure.get());
    if (status == NATS_OK) status = nats().natsConnection_Connect(&connection, made);
    if (status != NATS_OK) why = lastError(status);
  }
  if (!why.empty()) {
    tell({Event::What::kDisconnected, 0, std::move(why), {}});
    return false;
  }
  static_cast<void>(closure.release());  // onClosed() deletes it
  connection_.reset(connection);
  tell({Event::What::kConnected, 0, serverOf(connection), {}});
  return true;
}

natsStatus NatsWorker::configure(natsOptions* options, Closure* closure) {
  std::vector<const char*> servers;
  for (const std::string& server : options_.servers.urls) servers.push_back(server.c_str());
  nats().natsOptions_SetServers(options, servers.data(), static_cast<int>(servers.size()));
  nats().natsOptions_SetNoRandomize(options, true);
  nats().natsOptions_SetName(options, "evmicro");
  nats().natsOptions_SetTimeout(options, kConnectTimeout);
  nats().natsOptions_SetMaxReconnect(options, -1);
  nats().natsOptions_SetReconnectWait(options, kReconnectWait);
  nats().natsOptions_SetReconnectJitter(options, kReconnectJitter, kReconnectJitter);
  nats().natsOptions_SetPingInterval(options, kPingInterval);
  nats().natsOptions_SetMaxPingsOut(options, kMaxPingsOut);
  nats().natsOptions_SetWriteDeadline(options, kWriteDeadline);
  nats().natsOptions_SetSendAsap(options, true);
  // One thread for the messages of all subscriptions, which keeps the order, including echoes.
  nats().natsOptions_UseGlobalMessageDelivery(options, true);
  nats().natsOptions_SetDisconnectedCB(options, &NatsWorker::onDisconnected, closure);
  nats().natsOptions_SetReconnectedCB(options, &NatsWorker::onConnected, closure);
  nats().natsOptions_SetErrorHandler(options, &NatsWorker::onError, closure);
  nats().natsOptions_SetClosedCB(options, &NatsWorker::onClosed, closure);
  const natsStatus status = setCredentials(options, options_.servers.credentials);
  return status == NATS_OK ? setTls(options, options_.servers) : status;
}

// The pause between two connections; false: do not connect again. Commands for the old connection
// have failed on the loop.
bool NatsWorker::pause() {
  std::unique_lock<std::mutex> lock(mutex_);
  changed_.wait_for(lock, kPause, [this] { return ending_; });
  commands_.erase(std::remove_if(commands_.begin(), commands_.end(),
                                 [](const Command& command) {
                                   return command.what == Command::What::kPublish ||
                                          command.what == Command::What::kEcho;
                                 }),
                  commands_.end());
  return !ending_;
}

void NatsWorker::serve(const std::shared_ptr<NatsWorker>& self) {
  natsInbox* inbox = nullptr;
  if (nats().natsInbox_Create(&inbox) != NATS_OK) return;
  wanted_[kEchoes] = {inbox, {}};
  nats().natsInbox_Destroy(inbox);
  for (const auto& [number, wanted] : wanted_) subscribe(self, number);
  for (;;) {
    std::deque<Command> commands;
    {
      std::unique_lock<std::mutex> lock(mutex_);
      changed_.wait(lock, [this] { return ending_ || closed_ || !commands_.empty(); });
      if (ending_ || closed_) return;
      commands.swap(commands_);
    }
    for (Command& command : commands) execute(self, command);
  }
}

// Most errors need no reaction: without a connection there is no echo, and libnats reports the
// loss.
void NatsWorker::execute(const std::shared_ptr<NatsWorker>& self, Command& command) {
  using Kind = Command::What;
  switch (command.what) {
    case Kind::kSubscribe:
      wanted_[command.number] = {std::move(command.subject), std::move(command.text)};
      return subscribe(self, command.number);
    case Kind::kDrain: {
      wanted_.erase(command.number);
      const auto place = subscriptions_.find(command.number);
      if (place == subscriptions_.end()) return;
      natsSubscription* const subscription = place->second.get();
      // Without a connection nothing is in flight.
      if (nats().natsSubscription_Drain(subscription) != NATS_OK) {
        nats().natsSubscription_Unsubscribe(subscription);
      }
      return;
    }
    case Kind::kUnsubscribe: {
      wanted_.erase(command.number);
      const auto place = subscriptions_.find(command.number);
      if (place == subscriptions_.end()) return;
      nats().natsSubscription_Unsubscribe(place->second.get());
      subscriptions_.erase(place);
      return;
    }
    case Kind::kPublish: {
      const natsStatus status =
          nats().natsConnection_Publish(connection_.get(), command.subject.c_str(),
                                        command.text.data(), static_cast<int>(command.text.size()));
      if (status != NATS_OK) {
        tell({Event::What::kRefused, command.number, nats().natsStatus_GetText(status), {}});
      }
      return;
    }
    case Kind::kEcho:
      nats().natsConnection_PublishString(connection_.get(), wanted_[kEchoes].subject.c_str(),
                                          std::to_string(command.number).c_str());
      return;
  }
}

void NatsWorker::subscribe(const std::shared_ptr<NatsWorker>& self, std::uint64_t number) {
  const Wanted& wanted = wanted_[number];
  auto closure = std::make_unique<Closure>(Closure{self, number, natsHasWildcard(wanted.subject)});
  natsSubscription* made = nullptr;
  const natsStatus status =
      wanted.queue.empty()
          ? nats().natsConnection_Subscribe(&made, connection_.get(), wanted.subject.c_str(),
                                            &NatsWorker::onMessage, closure.get())
          : nats().natsConnection_QueueSubscribe(&made, connection_.get(), wanted.subject.c_str(),
                                                 wanted.queue.c_str(), &NatsWorker::onMessage,
                                                 closure.get());
  if (status != NATS_OK) return;  // closed: all will be subscribed again
  subscriptions_[number].reset(made);
  nats().natsSubscription_SetOnCompleteCB(made, &NatsWorker::onComplete, closure.release());
}

void NatsWorker::tell(Event event) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (muted_) return;
  if (event.what == Event::What::kMessage) {
    if (inboxMessages_ >= options_.inboxMessages ||
        inboxBytes_ + event.text.size() > options_.inboxBytes) {
      ++lost_;
      return;
    }
    ++inboxMessages_;
    inboxBytes_ += event.text.size();
  }
  inbox_.push_back(std::move(event));
  if (inbox_.size() == 1) loop_.post([self = self_.lock()] { self->deliver(); });
}

// On the loop's thread, kept alive by the posted function. Each callback may destroy the link.
void NatsWorker::deliver() {
  std::deque<Event> events;
  std::size_t lost = 0;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    events.swap(inbox_);
    inboxMessages_ = inboxBytes_ = 0;
    lost = std::exchange(lost_, 0);
  }
  if (observer_ && lost > 0) observer_->onLost(lost);
  for (const Event& event : events) {
    if (!observer_) return;
    switch (event.what) {
      case Event::What::kConnected: observer_->onConnected(event.text); break;
      case Event::What::kDisconnected: observer_->onDisconnected(event.text); break;
      case Event::What::kMessage:
        observer_->onMessage(event.number, event.subject, event.text);
        break;
      case Event::What::kEcho: observer_->onEcho(event.number); break;
      case Event::What::kRefused: observer_->onRefused(event.number, event.text); break;
      case Event::What::kError: observer_->onError(event.text); break;
      case Event::What::kEnded:
        ended_ = true;
        observer_->onEnded();
        break;
    }
  }
}

void NatsWorker::onConnected(natsConnection* connection, void* closure) {
  const auto& worker = static_cast<Closure*>(closure)->worker;
  worker->tell({Event::What::kConnected, 0, serverOf(connection), {}});
}

void NatsWorker::onDisconnected(natsConnection* connection, void* closure) {
  const auto& worker = static_cast<Closure*>(closure)->worker;
  worker->tell({Event::What::kDisconnected, 0, reasonOf(connection), {}});
}

void NatsWorker::onError(natsConnection* connection, natsSubscription*, natsStatus error,
                         void* closure) {
  const auto& worker = static_cast<Closure*>(closure)->worker;
  const char* text = nullptr;
  nats().natsConnection_GetLastError(connection, &text);
  worker->tell(
      {Event::What::kError, 0, text && *text ? text : nats().natsStatus_GetText(error), {}});
}

// By nats().natsConnection_Destroy(), or because a server has refused us twice: then the worker's
// thread connects again.
void NatsWorker::onClosed(natsConnection* connection, void* closure) {
  const std::unique_ptr<Closure> last(static_cast<Closure*>(closure));
  NatsWorker& worker = *last->worker;
  worker.tell({Event::What::kDisconnected, 0, reasonOf(connection), {}});
  const std::lock_guard<std::mutex> lock(worker.mutex_);
  worker.closed_ = true;
  worker.changed_.notify_all();
}

void NatsWorker::onMessage(natsConnection*, natsSubscription*, natsMsg* message, void* closure) {
  const NatsMessage owner(message);
  const auto& [worker, subscription, wildcard] = *static_cast<Closure*>(closure);
  std::string text(nats().natsMsg_GetData(message),
                   static_cast<std::size_t>(nats().natsMsg_GetDataLength(message)));
  if (subscription == kEchoes) {
    worker->tell({Event::What::kEcho, std::strtoull(text.c_str(), nullptr, 10), {}, {}});
  } else {
    worker->tell({Event::What::kMessage, subscription, std::move(text),
                  wildcard ? nats().natsMsg_GetSubject(message) : ""});
  }
}

void NatsWorker::onComplete(void* closure) { delete static_cast<Closure*>(closure); }

}  // namespace evmicro::detail
