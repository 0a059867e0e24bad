// The walk through the example services in their README, with each of the databases.
#include <string>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>

#include "support/postgres_server.h"
#include "tool/walk.h"

namespace evmicro {

class ServicesWalkTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ServicesWalkTest);
  CPPUNIT_TEST(withSqlite);
  CPPUNIT_TEST(withPostgres);
  CPPUNIT_TEST_SUITE_END();

 public:
  void withSqlite() { run({}); }
  void withPostgres() {
    const test::PostgresServer server;
    run({"DATABASE_URL=" + server.url()});
    CPPUNIT_ASSERT_EQUAL(std::string("john\n"), server.sql("select username from accounts"));
    CPPUNIT_ASSERT_EQUAL(std::string("1\n"), server.sql("select count(*) from sessions"));
  }

 private:
  static void run(const std::vector<std::string>& environment) {
    test::Walk walk(environment);
    walk.run(test::Walk::commandsBelow("examples/services/README.md", "## A walk"));
    CPPUNIT_ASSERT(walk.running() == 10 && walk.compared() >= 9);
    walk.end();
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ServicesWalkTest);

}  // namespace evmicro
