#include <evmicro/conformance/skip.h>

#include "support/etcd_server.h"

#include <filesystem>
#include <fstream>
#include <stdexcept>

#include <unistd.h>

#include "support/http_get.h"
#include "support/ports.h"

namespace evmicro::test {

namespace {

std::string program() {
  for (const char* path : {"/usr/bin/etcd", "/usr/local/bin/etcd"}) {
    if (::access(path, X_OK) == 0) return path;
  }
  skip("no etcd: apt-get install etcd-server");
}

std::string makeFolder() {
  std::string path = std::filesystem::temp_directory_path() / "evmicro-etcd-XXXXXX";
  if (!::mkdtemp(path.data())) throw std::runtime_error("cannot make " + path);
  return path;
}

}  // namespace

EtcdServer::EtcdServer(Wire wire, Tokens tokens)
    : wire_(wire), tokens_(tokens), ports_(freePorts(2)) {
  static_cast<void>(program());
  folder_ = makeFolder();
  start();
}

EtcdServer::~EtcdServer() {
  kill();
  if (folder_.empty()) return;
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

std::string EtcdServer::address() const { return "127.0.0.1:" + std::to_string(ports_[0]); }

std::string EtcdServer::certificate() const { return folder_ + "/data/fixtures/client/cert.pem"; }

void EtcdServer::start() {
  const bool tls = wire_ == Wire::kTls;
  const std::string client = (tls ? "https://" : "http://") + address();
  const std::string peer = "http://127.0.0.1:" + std::to_string(ports_[1]);
  std::vector<std::string> command = {
      program(), "--data-dir", folder_ + "/data", "--listen-client-urls", client,
      "--advertise-client-urls", client, "--listen-peer-urls", peer,
      "--initial-advertise-peer-urls", peer, "--initial-cluster", "default=" + peer,
      // Elections take no time.
      "--heartbeat-interval", "10", "--election-timeout", "100", "--log-level", "info"};
  if (tls) command.emplace_back("--auto-tls");
  if (tokens_ == Tokens::kJwt) {
    const std::string secret = folder_ + "/secret";
    std::ofstream(secret) << "known to the members";
    command.insert(command.end(),
                   {"--auth-token", "jwt,sign-method=HS256,ttl=10m,priv-key=" + secret});
  }
  process_ = std::make_unique<Process>(command);
  if (!process_->prints("ready to serve client requests")) {
    throw std::runtime_error("etcd does not come up: " + process_->report());
  }
}

void EtcdServer::kill() { process_.reset(); }
void EtcdServer::wipe() { std::filesystem::remove_all(folder_ + "/data"); }
void EtcdServer::save() {
  std::filesystem::remove_all(folder_ + "/saved");
  std::filesystem::copy(folder_ + "/data", folder_ + "/saved",
                        std::filesystem::copy_options::recursive);
}
void EtcdServer::restore() {
  wipe();
  std::filesystem::copy(folder_ + "/saved", folder_ + "/data",
                        std::filesystem::copy_options::recursive);
}
void EtcdServer::freeze() { process_->freeze(); }
void EtcdServer::thaw() { process_->thaw(); }

std::string EtcdServer::post(const std::string& path, const std::string& body) const {
  const auto answer = httpExchange(address(), "POST", path, body);
  if (answer && answer->status == 200) return answer->body;
  throw std::runtime_error("etcd refuses " + path + ": " + (answer ? answer->body : "no answer"));
}

}  // namespace evmicro::test
