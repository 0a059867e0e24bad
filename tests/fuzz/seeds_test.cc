// The seeds of the fuzz targets, and what grows out of them: every target keeps its contract and
// its cost without libFuzzer, too.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <random>
#include <string>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>

#include "fuzz/pump.h"
#include "fuzz/target.h"

namespace evmicro::fuzz {

class FuzzSeedsTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(FuzzSeedsTest);
  CPPUNIT_TEST(everyTargetHasSeeds);
  CPPUNIT_TEST(everySeedIsRead);
  CPPUNIT_TEST(truncatedSeedsAreRead);
  CPPUNIT_TEST(timeGrowsNoFasterThanTheInput);
  CPPUNIT_TEST(manyDifferentNamesCostNoMore);
  CPPUNIT_TEST_SUITE_END();

 public:
  void everyTargetHasSeeds() {
    std::size_t folders = 0;
    for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
      folders += entry.is_directory();
    }
    CPPUNIT_ASSERT_EQUAL(targets().size(), folders);
    for (const Target& target : targets()) {
      CPPUNIT_ASSERT_MESSAGE(target.name, !seedsOf(target).empty());
    }
  }

  // What a target finds ends the program: the name of the case is printed then.
  void everySeedIsRead() {
    for (const Target& target : targets()) {
      runWithinCost(target, {});
      for (const std::string& seed : seedsOf(target)) runWithinCost(target, seed);
    }
  }

  void truncatedSeedsAreRead() {
    for (const Target& target : targets()) {
      for (const std::string& seed : seedsOf(target)) {
        const std::size_t step = std::max<std::size_t>(1, seed.size() / 16);
        for (std::size_t size = 0; size < seed.size(); size += step) {
          runWithinCost(target, std::string_view(seed).substr(0, size));
        }
      }
    }
  }

  void timeGrowsNoFasterThanTheInput() {
    std::minstd_rand random(1);
    for (const Target& target : targets()) {
      for (const std::string& seed : seedsOf(target)) {
        for (int i = 0; i < 3; ++i) {
          runWithinCost(target,
                        pumped(seed, std::min<std::size_t>(target.longest, 1U << 14), random));
        }
      }
    }
  }

  // Repeating a piece of an input does not make different names: readers that look each up among
  // all the others.
  void manyDifferentNamesCostNoMore() {
    std::string form = "/greeter/say/hello?";
    std::string json = "/greeter/say/hello\n{";
    for (int i = 0; i < 9'000; ++i) {
      form += "n" + std::to_string(i) + "&";
      json += (i > 0 ? ",\"n" : "\"n") + std::to_string(i) + "\":1";
    }
    for (const Target& target : targets()) {
      if (std::string_view(target.name) != "gateway_request") continue;
      runWithinCost(target, form);
      runWithinCost(target, json + "}");
    }
  }

 private:
  static constexpr const char* kFolder = TEST_SOURCE_DIR "/fuzz/seeds";

  static std::vector<std::string> seedsOf(const Target& target) {
    std::map<std::string, std::string> seeds;  // in the order of their names
    for (const auto& entry :
         std::filesystem::directory_iterator(std::string(kFolder) + "/" + target.name)) {
      std::ifstream file(entry.path(), std::ios::binary);
      seeds[entry.path().filename()] = std::string(std::istreambuf_iterator<char>(file), {});
    }
    std::vector<std::string> result;
    for (auto& [name, bytes] : seeds) result.push_back(std::move(bytes));
    return result;
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(FuzzSeedsTest);

}  // namespace evmicro::fuzz
