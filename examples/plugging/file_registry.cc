#include "file_registry.h"

#include <optional>

#include <evmicro/timer.h>

#include "node_file.h"

using namespace evmicro;

namespace {

// Looks now and then, and calls back when it sees something else than before.
template <typename Value>
struct Follower {
  Follower(EventLoop& loop, std::function<Value()> see, std::function<void(Result<Value>)> tell)
      : look(std::move(see)), changed(std::move(tell)), timer(loop, [this] { onTimer(); }) {
    timer.start(std::chrono::milliseconds(0));
  }
  void onTimer() {
    timer.start(std::chrono::milliseconds(100));
    Value now = look();
    if (known == now) return;
    known = now;
    const auto tell = changed;  // it may destroy this
    tell(std::move(now));
  }
  const std::function<Value()> look;
  const std::function<void(Result<Value>)> changed;
  std::optional<Value> known;
  Timer timer;
};

class FileRegistry final : public Registry {
 public:
  FileRegistry(EventLoop& loop, std::string path) : loop_(loop), file_(std::move(path)) {}

  std::string_view name() const override { return "file"; }
  std::string address() const override { return ""; }

  Call registerService(const ServiceInfo& service, RegisterOptions, Done done) override {
    return loop_.defer([this, service, done] { done(file_.replace(service, service.nodes)); });
  }
  Call renew(const ServiceInfo& service, Done done) override {
    return registerService(service, {}, std::move(done));
  }
  Call deregister(const ServiceInfo& service, Done done) override {
    return loop_.defer([this, service, done] { done(file_.replace(service, {})); });
  }
  Call getService(std::string_view name, Found found) override {
    return loop_.defer([this, name = std::string(name), found] {
      auto versions = file_.versionsOf(name);
      if (!versions.empty()) return found(std::move(versions));
      found(Status::notFound("registry: no service \"" + name + "\" in the file"));
    });
  }
  Call listServices(Listed listed) override {
    return loop_.defer([this, listed] { listed(file_.names()); });
  }
  Subscription follow(std::string_view name, Changed changed) override {
    const auto look = [this, name = std::string(name)] { return file_.versionsOf(name); };
    using Versions = Follower<std::vector<ServiceInfo>>;
    return Subscription(std::make_shared<Versions>(loop_, look, std::move(changed)));
  }
  Subscription followNames(NamesChanged changed) override {
    using Names = Follower<std::vector<std::string>>;
    return Subscription(std::make_shared<Names>(
        loop_, [this] { return file_.names(); }, std::move(changed)));
  }

 private:
  EventLoop& loop_;
  const NodeFile file_;
};

}  // namespace

std::unique_ptr<Registry> makeFileRegistry(EventLoop& loop, std::string path) {
  return std::make_unique<FileRegistry>(loop, std::move(path));
}
