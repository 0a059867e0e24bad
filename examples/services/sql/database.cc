#include "database.h"

namespace sql {

evmicro::Result<std::unique_ptr<Database>> openDatabase(evmicro::EventLoop& loop,
                                                        const std::string& url,
                                                        std::vector<std::string> schema) {
  const auto begins = [&](const std::string& with) {
    return url.compare(0, with.size(), with) == 0;
  };
  if (begins("postgres://") || begins("postgresql://")) {
    return openPostgres(loop, url, std::move(schema));
  }
  const std::string sqlite = "sqlite:";
  if (begins(sqlite) && url.size() > sqlite.size()) {
    return openSqlite(loop, url.substr(sqlite.size()), std::move(schema));
  }
  // What it is instead may contain a password.
  return evmicro::Status::invalid(
      "the address of the database must be postgres://... or sqlite:FILE");
}

}  // namespace sql
