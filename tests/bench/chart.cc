// The chart of the manual: processor time of a call, with the range of the rounds.
#include <sys/wait.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>

#include "bench/report.h"
#include "bench/statistics.h"

namespace evmicro::bench {

namespace {

// gnuplot reads what is in single quotes as it is, but for the quote, which is doubled.
std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? "''" : std::string(1, c);
  return out + "'";
}

std::vector<const Row*> charted(const std::vector<Row>& rows) {
  std::size_t most = 0;
  for (const Row& row : rows) {
    if (row.section == rows.front().section) most = std::max(most, row.inFlight);
  }
  std::vector<const Row*> chosen;
  for (const Row& row : rows) {
    if (row.section == rows.front().section && row.inFlight == most) chosen.push_back(&row);
  }
  return chosen;
}

const char* colour(const std::string& peer) {
  return peer.rfind("evmicro", 0) == 0 ? "0xd9822b" : "0x4878a8";
}

// A bar from 0 to the median, with the range as whiskers, per line; the first at the top.
std::string script(const std::vector<const Row*>& rows, const std::string& path) {
  std::string data = "$rows << EOD\n";
  std::string ticks;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Spread used = spread(figures(*rows[i], &Sample::used));
    const std::string place = std::to_string(rows.size() - i);
    data += place + " " + std::to_string(used.median) + " " + std::to_string(used.least) + " " +
            std::to_string(used.most) + " " + colour(rows[i]->peer) + "\n";
    ticks += (i == 0 ? "" : ", ") + quoted(rows[i]->peer) + " " + place;
  }
  return data + "EOD\nset terminal svg size 720," + std::to_string(110 + 34 * rows.size()) +
         " font 'sans-serif,13' background 'white'\nset output " + quoted(path) + "\nset title " +
         quoted("Processor time of a call, microseconds; " + std::to_string(rows[0]->inFlight) +
                " in flight") +
         "\nset ytics (" + ticks + ") nomirror\nset xtics nomirror\nset grid x\nset border 3\n" +
         "set xrange [0:*]\nset yrange [0.3:" + std::to_string(rows.size()) + ".7]\nunset key\n" +
         "set style fill solid 0.7 noborder\n"
         "plot $rows using ($2/2):1:($2/2):(0.32):5 with boxxyerror lc rgb variable, "
         "$rows using 2:1:3:4 with xerrorbars lc rgb '#303030' pt 0, "
         "$rows using 4:1:(sprintf('  %.1f', $2)) with labels left\n";
}

}  // namespace

void requireGnuplot() {
  if (std::system("gnuplot --version >/dev/null 2>&1") != 0) {
    throw std::runtime_error("--chart needs gnuplot. On Debian: apt-get install gnuplot-nox");
  }
}

void drawChart(const std::vector<Row>& rows, const std::string& path) {
  FILE* const gnuplot = ::popen("gnuplot", "w");
  if (!gnuplot) throw std::runtime_error("cannot start gnuplot");
  const std::string commands = script(charted(rows), path);
  std::fwrite(commands.data(), 1, commands.size(), gnuplot);
  if (::pclose(gnuplot) != 0) throw std::runtime_error("gnuplot could not draw " + path);
}

}  // namespace evmicro::bench
