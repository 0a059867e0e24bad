#include "file_registry.h"

#include <vector>

#include <evmicro/check_service.h>
#include <evmicro/lifetime.h>
#include <evmicro/memory_registry.h>
#include <evmicro/timer.h>

#include "node_file.h"

using namespace evmicro;

namespace {

// Mirrors the file in a memory registry, which serves lookups and followers. The file is read after
// each of our own changes, and periodically for those of other processes.
class FileRegistry final : public Registry {
 public:
  FileRegistry(EventLoop& loop, std::string path)
      : loop_(loop),
        file_(std::move(path)),
        mirror_(makeMemoryRegistry(loop)),
        timer_(loop, [this] { look(); }) {
    look();
  }

  std::string_view name() const override { return "file"; }
  std::string address() const override { return ""; }

  Call registerService(const ServiceInfo& service, RegisterOptions options, Done done) override {
    const Status valid = checkAnnouncement(service);
    return finish(valid.ok() ? file_.put(service, options.ttl) : valid, std::move(done));
  }
  Call renew(const ServiceInfo& service, Done done) override {
    const Status valid = checkNodes(service);
    return finish(valid.ok() ? file_.renew(service) : valid, std::move(done));
  }
  Call deregister(const ServiceInfo& service, Done done) override {
    const Status valid = checkNodes(service);
    return finish(valid.ok() ? file_.remove(service) : valid, std::move(done));
  }
  Call getService(std::string_view name, Found found) override {
    look();
    return mirror_->getService(name, std::move(found));
  }
  Call listServices(Listed listed) override {
    look();
    return mirror_->listServices(std::move(listed));
  }
  Subscription follow(std::string_view name, Changed changed) override {
    return mirror_->follow(name, std::move(changed));
  }
  Subscription followNames(NamesChanged changed) override {
    return mirror_->followNames(std::move(changed));
  }

 private:
  // The operation is already done; the callback runs in a later turn.
  Call finish(Status status, Done done) {
    look();
    status = std::move(status).withContext("registry: file");
    return loop_.defer(lifetime_.guard([done, status] { done(status); }));
  }

  // Adds new nodes to the mirror and removes those that have disappeared.
  void look() {
    timer_.start(std::chrono::milliseconds(50));
    changes_.clear();
    std::map<std::string, ServiceInfo> now = file_.read();
    for (const auto& [id, service] : known_) {
      if (now.count(id) == 0) changes_.push_back(mirror_->deregister(service, ignore));
    }
    for (const auto& [id, service] : now) {
      if (known_.count(id) > 0 && known_[id] == service) continue;
      changes_.push_back(mirror_->registerService(service, {}, ignore));
    }
    known_ = std::move(now);
  }
  static void ignore(const Status&) {}

  EventLoop& loop_;
  const NodeFile file_;
  const std::unique_ptr<Registry> mirror_;
  std::map<std::string, ServiceInfo> known_;  // the content of the mirror, by the node's id
  std::vector<Call> changes_;
  Timer timer_;
  Lifetime lifetime_;
};

}  // namespace

std::unique_ptr<Registry> makeFileRegistry(EventLoop& loop, std::string path) {
  return std::make_unique<FileRegistry>(loop, std::move(path));
}
