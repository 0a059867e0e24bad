// Compares servers of Greeter.Hello: each is a process of its own on one processor, the load comes
// from another. All rows take turns, round by round, so that a machine whose speed drifts treats
// them alike; the figure to look at is the server's processor time for one request, and its ratio
// to the figures of the bare responders in the same run.
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <exception>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "bench/load.h"
#include "bench/responders.h"

namespace {

using namespace evmicro::bench;

void pin(int processor) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(processor, &set);
  ::sched_setaffinity(0, sizeof set, &set);  // one processor only: the figures say so themselves
}

// A responder in a process of its own, which ends with this object.
class ServerProcess {
 public:
  explicit ServerProcess(void (*serve)(const Listening&)) {
    int pipe[2];
    if (::pipe(pipe) != 0) throw std::runtime_error("no pipe");
    pid_ = ::fork();
    if (pid_ == 0) {
      ::close(pipe[0]);
      child(serve, pipe[1]);
    }
    ::close(pipe[1]);
    const bool told = ::read(pipe[0], &port_, sizeof port_) == sizeof port_;
    ::close(pipe[0]);
    if (!told || ::clock_getcpuclockid(pid_, &clock_) != 0) {
      throw std::runtime_error("a server did not start");
    }
  }
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;
  ~ServerProcess() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }

  int port() const { return port_; }
  /// Microseconds of processor time so far, user and system.
  double used() const {
    timespec time{};
    ::clock_gettime(clock_, &time);
    return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_nsec) / 1e3;
  }

 private:
  [[noreturn]] static void child(void (*serve)(const Listening&), int pipe) {
    pin(0);
    try {
      serve([pipe](int port) {
        if (::write(pipe, &port, sizeof port) != sizeof port) std::_Exit(1);
      });
    } catch (const std::exception& error) {
      std::fprintf(stderr, "bench: %s\n", error.what());
    }
    std::_Exit(1);
  }

  pid_t pid_ = -1;
  int port_ = 0;
  clockid_t clock_{};
};

struct Row {
  const char* name;
  void (*serve)(const Listening&);
  void (*call)(Load&);
  int connections;
  bool connectionPerCall;
  std::vector<double> used;  // microseconds of the server per call, a round each
  std::vector<double> rate;
  std::vector<double> p50;
  std::vector<double> p99;
};

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

std::vector<Row> makeRows() {
  struct Server {
    const char* name;
    void (*serve)(const Listening&);
    void (*call)(Load&);
  };
  const Server servers[] = {{"epoll", serveByEpoll, protoCall},
                            {"bufferevent", serveByBufferevent, protoCall},
                            {"evhttp", serveByEvhttp, protoCall},
                            {"evmicro proto", serveByEvmicro, protoCall},
                            {"evmicro json", serveByEvmicro, jsonCall}};
  std::vector<Row> rows;
  for (const int connections : {1, 16, 64}) {
    for (const Server& server : servers) {
      rows.push_back({server.name, server.serve, server.call, connections, false, {}, {}, {}, {}});
    }
  }
  for (const Server& server : {servers[2], servers[3]}) {
    rows.push_back({server.name, server.serve, server.call, 16, true, {}, {}, {}, {}});
  }
  return rows;
}

void measure(Row& row, int calls) {
  const ServerProcess server(row.serve);
  Load load;
  load.port = server.port();
  load.connections = row.connections;
  load.connectionPerCall = row.connectionPerCall;
  row.call(load);
  load.calls = std::max(calls / 10, row.connections);
  run(load);  // to warm up
  load.calls = calls;
  const double before = server.used();
  const Measured measured = run(load);
  row.used.push_back((server.used() - before) / calls);
  row.rate.push_back(calls / measured.seconds);
  row.p50.push_back(measured.p50);
  row.p99.push_back(measured.p99);
}

// The row of `name` in the same setting as `like`.
const Row* find(const std::vector<Row>& rows, const char* name, const Row& like) {
  for (const Row& row : rows) {
    if (std::strcmp(row.name, name) == 0 && row.connections == like.connections &&
        row.connectionPerCall == like.connectionPerCall) {
      return &row;
    }
  }
  return nullptr;
}

// The median of the ratios round by round; 0 when there is nothing to compare with.
double ratio(const std::vector<Row>& rows, const Row& row, const char* name) {
  const Row* const other = find(rows, name, row);
  if (!other) return 0;
  std::vector<double> ratios;
  for (std::size_t i = 0; i < row.used.size(); ++i) ratios.push_back(row.used[i] / other->used[i]);
  return median(ratios);
}

void print(const std::vector<Row>& rows) {
  std::printf("%-14s %5s  %-21s %9s %8s %8s  %7s %11s %7s\n", "server", "calls",
              "CPU us/call (range)", "calls/s", "p50 us", "p99 us", "x epoll", "x buffered",
              "x evhttp");
  for (const Row& row : rows) {
    const auto [least, most] = std::minmax_element(row.used.begin(), row.used.end());
    std::printf("%-14s %5d  %6.2f (%5.2f - %5.2f) %9.0f %8.0f %8.0f  %7.2f %11.2f %7.2f%s\n",
                row.name, row.connections, median(row.used), *least, *most, median(row.rate),
                median(row.p50), median(row.p99), ratio(rows, row, "epoll"),
                ratio(rows, row, "bufferevent"), ratio(rows, row, "evhttp"),
                row.connectionPerCall ? "  a connection per call" : "");
  }
}

void writeJson(const std::vector<Row>& rows, const std::string& path) {
  std::ofstream out(path);
  const char* separator = "[\n";
  for (const Row& row : rows) {
    out << separator << R"({"server": ")" << row.name << R"(", "inFlight": )" << row.connections
        << R"(, "connectionPerCall": )" << (row.connectionPerCall ? "true" : "false")
        << R"(, "cpuMicroseconds": )" << median(row.used) << R"(, "callsPerSecond": )"
        << median(row.rate) << R"(, "p50": )" << median(row.p50) << R"(, "p99": )"
        << median(row.p99) << R"(, "toEpoll": )" << ratio(rows, row, "epoll")
        << R"(, "toBufferevent": )" << ratio(rows, row, "bufferevent") << "}";
    separator = ",\n";
  }
  out << "\n]\n";
  if (!out.flush()) throw std::runtime_error("cannot write " + path);
}

// Leaves the rows whose names contain one of `names`; all of them when there are none.
void choose(std::vector<Row>& rows, const std::vector<std::string>& names) {
  if (names.empty()) return;
  const auto unwanted = [&names](const Row& row) {
    return std::none_of(names.begin(), names.end(), [&row](const std::string& name) {
      return std::strstr(row.name, name.c_str()) != nullptr;
    });
  };
  rows.erase(std::remove_if(rows.begin(), rows.end(), unwanted), rows.end());
  if (rows.empty()) throw std::runtime_error("no server has such a name");
}

int benchmark(bool quick, const std::string& json, const std::vector<std::string>& names) {
  const int rounds = 5;
  const int calls = quick ? 10'000 : 50'000;
  std::vector<Row> rows = makeRows();
  choose(rows, names);
  for (int round = 0; round < rounds; ++round) {
    std::fprintf(stderr, "round %d of %d\n", round + 1, rounds);
    for (Row& row : rows) measure(row, row.connectionPerCall ? calls / 2 : calls);
  }
  print(rows);
  if (!json.empty()) writeJson(rows, json);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  bool quick = false;
  std::string json;
  std::vector<std::string> names;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--quick") {
      quick = true;
    } else if (argument == "--json" && i + 1 < argc) {
      json = argv[++i];
    } else if (argument[0] != '-') {
      names.push_back(argument);
    } else {
      std::fprintf(stderr, "usage: bench [--quick] [--json FILE] [SERVER...]\n");
      return 2;
    }
  }
  try {
    pin(1);
    return benchmark(quick, json, names);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench: %s\n", error.what());
    return 1;
  }
}
