// SECURITY.md names the suites that defend each line: they exist.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <string>

#include <cppunit/extensions/HelperMacros.h>

namespace evmicro {

class SecurityTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(SecurityTest);
  CPPUNIT_TEST(theSuitesThatAreNamedExist);
  CPPUNIT_TEST_SUITE_END();

 public:
  void theSuitesThatAreNamedExist() {
    // By the sources: making them all would make their fixtures.
    std::string sources;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(TEST_SOURCE_DIR)) {
      if (entry.path().extension() == ".cc") sources += read(entry.path());
    }
    const std::string text = read(TEST_SOURCE_DIR "/../SECURITY.md");
    const std::regex suite("`([A-Z][A-Za-z0-9]*Test)`");
    std::size_t named = 0;
    for (std::sregex_iterator each(text.begin(), text.end(), suite), end; each != end; ++each) {
      CPPUNIT_ASSERT_MESSAGE(each->str(1),
                             sources.find("class " + each->str(1) + " ") != std::string::npos);
      ++named;
    }
    CPPUNIT_ASSERT(named > 20);
  }

 private:
  static std::string read(const std::filesystem::path& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(SecurityTest);

}  // namespace evmicro
