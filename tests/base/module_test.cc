#include "base/module.h"

#include <filesystem>
#include <fstream>

#include <cppunit/extensions/HelperMacros.h>

#include "base/example_module.h"
#include "support/temporary_folder.h"

namespace evmicro {

namespace {

using detail::LoadedModule;
using detail::loadModule;
using detail::Module;
using detail::ModuleName;
using test::ExampleFunctions;

constexpr ModuleName kName{"libexample", "example_module.so", "evmicroExampleModule",
                           "libexample0"};
constexpr std::size_t kSize = sizeof(ExampleFunctions);
const std::string kBuilt = TEST_BUILD_DIR "/tests/base/.libs";

ModuleName named(const char* symbol) {
  ModuleName name = kName;
  name.symbol = symbol;
  return name;
}

std::string errorOf(const ModuleName& name, const std::vector<std::string>& folders,
                    std::size_t size = kSize) {
  const auto loaded = loadModule(name, size, folders);
  CPPUNIT_ASSERT(!loaded.ok());
  CPPUNIT_ASSERT(loaded.status().kind() == ErrorKind::kInternal);
  return loaded.status().detail();
}

int answerOf(const void* functions) {
  return static_cast<const ExampleFunctions*>(functions)->answer();
}

int another() { return 7; }
constexpr ExampleFunctions kLinked{&another};

}  // namespace

class ModuleTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ModuleTest);
  CPPUNIT_TEST(givesTheTableOfAFile);
  CPPUNIT_TEST(missingOneSaysWhereItShouldBe);
  CPPUNIT_TEST(fileThatIsNoLibrary);
  CPPUNIT_TEST(fileWithoutTheSymbol);
  CPPUNIT_TEST(fileOfAnotherVersion);
  CPPUNIT_TEST(tableOfAnotherSize);
  CPPUNIT_TEST(firstFileDecides);
  CPPUNIT_TEST(linkedOneIsNotLoaded);
  CPPUNIT_TEST(loadingFailsUntilItSucceeds);
  CPPUNIT_TEST(programsLookInTheInstallationOnly);
  CPPUNIT_TEST_SUITE_END();

 public:
  void givesTheTableOfAFile() {
    const auto loaded = loadModule(kName, kSize, {"/nowhere", kBuilt});
    CPPUNIT_ASSERT_MESSAGE(loaded.status().detail(), loaded.ok());
    CPPUNIT_ASSERT_EQUAL(42, answerOf(*loaded));
  }

  void missingOneSaysWhereItShouldBe() {
    CPPUNIT_ASSERT_EQUAL(
        std::string("libexample is needed, but example_module.so is not in /nowhere or /neither: "
                    "install it (Debian: the package libexample0)"),
        errorOf(kName, {"/nowhere", "/neither"}));
  }

  void fileThatIsNoLibrary() {
    const test::TemporaryFolder folder;
    std::ofstream(folder.file(kName.file)) << "text";
    const std::string error = errorOf(kName, {folder.path()});
    const std::string begin =
        "libexample is needed, but " + folder.file(kName.file) + " cannot be loaded: ";
    CPPUNIT_ASSERT_EQUAL(begin, error.substr(0, begin.size()));
    CPPUNIT_ASSERT(error.size() > begin.size());
  }

  void fileWithoutTheSymbol() {
    const std::string error = errorOf(named("evmicroNoModule"), {kBuilt});
    CPPUNIT_ASSERT_MESSAGE(error, error.find("cannot be loaded: ") != std::string::npos);
    CPPUNIT_ASSERT_MESSAGE(error, error.find("evmicroNoModule") != std::string::npos);
  }

  void fileOfAnotherVersion() {
    CPPUNIT_ASSERT_EQUAL("libexample is needed, but " + kBuilt +
                             "/example_module.so belongs to evmicro 0.0.9, and the library is "
                             "another build, " EVMICRO_VERSION ": install both from one build",
                         errorOf(named("evmicroModuleOfAnother"), {kBuilt}));
  }

  void tableOfAnotherSize() {
    const std::string error = errorOf(named("evmicroLargerModule"), {kBuilt});
    CPPUNIT_ASSERT_MESSAGE(error, error.find("another build") != std::string::npos);
    CPPUNIT_ASSERT(loadModule(named("evmicroLargerModule"), kSize + 1, {kBuilt}).ok());
  }

  void firstFileDecides() {
    const test::TemporaryFolder folder;
    std::ofstream(folder.file(kName.file)) << "text";
    errorOf(kName, {folder.path(), kBuilt});
    CPPUNIT_ASSERT(loadModule(kName, kSize, {kBuilt, folder.path()}).ok());
  }

  void linkedOneIsNotLoaded() {
    LoadedModule<ExampleFunctions> module({"libexample", "none.so", "none", "none"});
    const Module linked = detail::moduleOf(kLinked);
    CPPUNIT_ASSERT(module.load(&linked).ok());
    CPPUNIT_ASSERT_EQUAL(7, module.functions().answer());
  }

  void loadingFailsUntilItSucceeds() {
    LoadedModule<ExampleFunctions> module({"libexample", "none.so", "none", "libexample0"});
    for (int i = 0; i < 2; ++i) {
      const std::string error = module.load(nullptr).detail();
      CPPUNIT_ASSERT_MESSAGE(error, error.find("none.so is not in /") != std::string::npos);
    }
    const Module linked = detail::moduleOf(kLinked);
    CPPUNIT_ASSERT(module.load(&linked).ok());
    CPPUNIT_ASSERT_MESSAGE("it stays", module.load(nullptr).ok());
  }

  // Not in the program's own folder, let alone the working directory.
  void programsLookInTheInstallationOnly() {
    const std::vector<std::string> folders = detail::moduleFolders();
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, folders.size());
    CPPUNIT_ASSERT_EQUAL('/', folders[0][0]);
    const std::string end = "/evmicro/0";
    CPPUNIT_ASSERT_EQUAL(end, folders[0].substr(folders[0].size() - end.size()));
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(ModuleTest);

}  // namespace evmicro
