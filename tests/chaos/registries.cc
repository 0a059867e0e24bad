#include "chaos/registries.h"

#include <filesystem>
#include <stdexcept>

#include <unistd.h>

#include "support/consul_server.h"
#include "support/etcd_server.h"

namespace evmicro::chaos {

namespace {

namespace fs = std::filesystem;

/// A folder of its own, for a registry's data and a copy.
class Folder {
 public:
  Folder() : path_(fs::temp_directory_path() / "evmicro-chaos-XXXXXX") {
    if (!::mkdtemp(path_.data())) throw std::runtime_error("cannot make " + path_);
    clear();
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }

  std::string data() const { return path_ + "/data"; }
  void clear() {
    fs::remove_all(data());
    fs::create_directory(data());
  }
  void save() {
    fs::remove_all(path_ + "/saved");
    fs::copy(data(), path_ + "/saved", fs::copy_options::recursive);
  }
  void restore() {
    fs::remove_all(data());
    fs::copy(path_ + "/saved", data(), fs::copy_options::recursive);
  }

 private:
  std::string path_;
};

class FaultyConsul final : public FaultyRegistry {
 public:
  std::string name() const override { return "consul"; }
  std::string address() const override { return consul_.address(); }
  void kill() override { consul_.kill(); }
  void start() override { consul_.start(); }
  void forget() override { folder_.clear(); }
  void save() override { folder_.save(); }
  void restore() override { folder_.restore(); }
  void freeze() override { consul_.freeze(); }
  void thaw() override { consul_.thaw(); }
  void wipe() override { consul_.forgetServices(); }

 private:
  Folder folder_;
  test::ConsulServer consul_{folder_.data()};
};

class FaultyEtcd final : public FaultyRegistry {
 public:
  std::string name() const override { return "etcd"; }
  std::string address() const override { return etcd_.address(); }
  void kill() override { etcd_.kill(); }
  void start() override { etcd_.start(); }
  void forget() override { etcd_.wipe(); }
  void save() override { etcd_.save(); }
  void restore() override { etcd_.restore(); }
  void freeze() override { etcd_.freeze(); }
  void thaw() override { etcd_.thaw(); }
  // All that begins with /micro/registry/.
  void wipe() override {
    etcd_.post("/v3/kv/deleterange",
               R"({"key":"L21pY3JvL3JlZ2lzdHJ5Lw==","range_end":"L21pY3JvL3JlZ2lzdHJ5MA=="})");
  }

 private:
  test::EtcdServer etcd_;
};

}  // namespace

std::vector<std::string> registryNames() { return {"consul", "etcd"}; }

std::unique_ptr<FaultyRegistry> makeRegistry(std::string_view name) {
  if (name == "consul") return std::make_unique<FaultyConsul>();
  if (name == "etcd") return std::make_unique<FaultyEtcd>();
  throw std::invalid_argument("no registry: " + std::string(name));
}

}  // namespace evmicro::chaos
