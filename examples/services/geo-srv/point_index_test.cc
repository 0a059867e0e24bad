// The index against what it was measured with first, and against looking at every point.
#include "point_index.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>

namespace geo {

namespace {

constexpr double kHalfWay = 20'015'087;  // a bit more than metres from pole to pole

struct Named final : Indexed {
  std::string name;
};

const std::vector<std::pair<std::string, Position>>& stations() {
  static const std::vector<std::pair<std::string, Position>> all = {
      {"waterloo", {51.502973, -0.114723}},   {"kingsCross", {51.529999, -0.124481}},
      {"leicester", {51.511291, -0.128242}},  {"coventGarden", {51.51276, -0.124507}},
      {"totenham", {51.516206, -0.13087}},    {"picadilly", {51.50986, -0.1337}},
      {"charring", {51.508359, -0.124803}},   {"embankment", {51.507312, -0.122367}},
      {"oxford", {51.51511, -0.1417}},        {"westminster", {51.501402, -0.125002}},
      {"regentsPark", {51.52347, -0.1468}},   {"londonBridge", {51.504674, -0.086006}},
      {"brentCross", {51.576599, -0.213336}}, {"lewisham", {51.46532, -0.0134}},
  };
  return all;
}

Position station(const std::string& name) {
  for (const auto& [known, position] : stations()) {
    if (known == name) return position;
  }
  throw std::invalid_argument(name);
}

}  // namespace

class PointIndexTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(PointIndexTest);
  CPPUNIT_TEST(nearestToCharringCross);
  CPPUNIT_TEST(distances);
  CPPUNIT_TEST(cells);
  CPPUNIT_TEST(rectangles);
  CPPUNIT_TEST(validPositions);
  CPPUNIT_TEST(exactlyWhatAScanFinds);
  CPPUNIT_TEST(theRadiusIsABound);
  CPPUNIT_TEST(movesAndRemoves);
  CPPUNIT_TEST(acrossTheDateLineAndThePoles);
  CPPUNIT_TEST(anEmptyWorldCostsNothing);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    index_ = PointIndex();
    points_.clear();
  }

  void nearestToCharringCross() {
    addStations();
    const Position charring = station("charring");
    expect("charring 0.0, embankment 204.9, leicester 403.7", charring, 3, 1'000);
    expect("charring 0.0, embankment 204.9, leicester 403.7, coventGarden 489.8, picadilly 638.0",
           charring, 5, 20'000);
    expect(
        "charring 0.0, embankment 204.9, leicester 403.7, coventGarden 489.8, picadilly 638.0, "
        "westminster 773.7, waterloo 919.5, totenham 968.3",
        charring, 100, 1'000);
    expect("charring 0.0", charring, 2, 100);
    expect("", charring, 0, 1'000);
    expect("charring 0.0", charring, 5, 0);
    expect("", charring, 5, -1);
    expect("", charring, 5, std::numeric_limits<double>::quiet_NaN());
    CPPUNIT_ASSERT_EQUAL(
        std::size_t{14},
        index_.nearest(charring, 100, std::numeric_limits<double>::infinity()).size());
    CPPUNIT_ASSERT_EQUAL(std::size_t{14},
                         index_.nearest(charring, 100, std::numeric_limits<double>::max()).size());
  }

  void distances() {
    CPPUNIT_ASSERT_DOUBLES_EQUAL(3'080.074, distance(station("waterloo"), station("kingsCross")),
                                 0.0005);
    CPPUNIT_ASSERT_DOUBLES_EQUAL(kHalfWay, distance({90, 0}, {-90, 77}), 1);
    CPPUNIT_ASSERT_DOUBLES_EQUAL(0, distance({0, 180}, {0, -180}), 1e-6);
  }

  void cells() {
    expectCell(31'414, 30'578, station("charring"));
    expectCell(31'416, 30'621, {51.516509, 0.124615});
    expectCell(12'461, 56'303, {-33.8670522, 151.1957362});
    expectCell(0, 0, {-90, -180});
    expectCell(39'960, 0, {90, 180});  // where the grid closes
  }

  void rectangles() {
    addStations();
    std::vector<std::string> found;
    for (const Indexed* each : index_.within(station("oxford"), station("embankment"))) {
      found.push_back(static_cast<const Named*>(each)->name);
    }
    std::sort(found.begin(), found.end());
    const std::vector<std::string> expected = {"charring",  "coventGarden", "embankment",
                                               "leicester", "oxford",       "picadilly"};
    CPPUNIT_ASSERT(expected == found);
    add("west", {10, -179.5});
    add("east", {10, 179.5});
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, index_.within({11, 179}, {9, -179}).size());
    CPPUNIT_ASSERT_EQUAL(std::size_t{16}, index_.within({90, -180}, {-90, 180}).size());
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, index_.within({9, 0}, {10, 1}).size());
  }

  void validPositions() {
    for (const Position& good : {Position{90, 180}, Position{-90, -180}, Position{0, 0}}) {
      CPPUNIT_ASSERT(valid(good));
    }
    const double more = std::nextafter(90, 91);
    const double further = std::nextafter(180, 181);
    const double nan = std::numeric_limits<double>::quiet_NaN();
    for (const Position& bad : {Position{more, 0}, Position{-more, 0}, Position{0, further},
                                Position{0, -further}, Position{nan, 0}, Position{0, nan}}) {
      CPPUNIT_ASSERT(!valid(bad));
    }
  }

  // Dense and sparse, any latitude: the grid must lose nothing.
  void exactlyWhatAScanFinds() {
    for (const double spread : {0.01, 1.0, 90.0}) {
      for (const double latitude : {0.0, 51.5, -80.0, 89.99}) {
        setUp();
        scatter(latitude, 20.0, spread, 2'000);
        for (const double radius : {300.0, 5'000.0, 2'000'000.0, kHalfWay}) {
          for (const std::size_t count : {1U, 10U, 500U}) {
            sameAsAScan({std::clamp(latitude + spread / 3, -90.0, 90.0), 20.0}, count, radius);
          }
        }
      }
    }
  }

  void theRadiusIsABound() {
    add("there", {0, 0});
    const Position here{0, 1};
    const double between = distance(here, {0, 0});
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, index_.nearest(here, 1, between + 0.001).size());
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, index_.nearest(here, 1, between - 0.001).size());
  }

  void movesAndRemoves() {
    Named& first = add("first", {10, 10});
    Named& second = add("second", {10, 10});
    index_.put(first, {10, 10.00001});  // within its cell
    expect("second 0.0, first 1.1", {10, 10}, 5, 10);
    index_.put(first, {50, 50});
    expect("second 0.0", {10, 10}, 5, 10);
    expect("first 0.0", {50, 50}, 5, 10);
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, index_.size());
    index_.remove(second);
    expect("", {10, 10}, 5, 10);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, index_.size());
    index_.put(second, {50, 50});
    index_.remove(first);
    expect("second 0.0", {50, 50}, 5, 10);
  }

  void acrossTheDateLineAndThePoles() {
    add("west", {0, -179.999});
    add("north", {89.9999, 10});
    expect("west 222.4", {0, 179.999}, 5, 1'000);
    expect("north 22.2", {89.9999, -170}, 5, 1'000);
    expect("north 11.1", {90, -100}, 5, 1'000);
  }

  // The largest radius over a few points: as many looks as there are points, not as there are
  // cells.
  void anEmptyWorldCostsNothing() {
    addStations();
    for (int i = 0; i < 10'000; ++i) {
      CPPUNIT_ASSERT_EQUAL(std::size_t{14}, index_.nearest({-51, 179}, 100, kHalfWay).size());
    }
  }

 private:
  Named& add(const std::string& name, const Position& position) {
    points_.push_back(std::make_unique<Named>());
    points_.back()->name = name;
    index_.put(*points_.back(), position);
    return *points_.back();
  }
  void addStations() {
    for (const auto& [name, position] : stations()) add(name, position);
  }
  void scatter(double latitude, double longitude, double spread, int count) {
    std::uniform_real_distribution<double> any(-spread, spread);
    for (int i = 0; i < count; ++i) {
      add("", {std::clamp(latitude + any(random_), -90.0, 90.0),
               std::clamp(longitude + 2 * any(random_), -180.0, 180.0)});
    }
  }

  void expect(const std::string& expected, const Position& from, std::size_t count, double radius) {
    std::string found;
    for (const PointIndex::Found& each : index_.nearest(from, count, radius)) {
      const auto tenths = static_cast<long>(std::lround(each.metres * 10));
      found += (found.empty() ? "" : ", ") + static_cast<const Named*>(each.point)->name + " " +
               std::to_string(tenths / 10) + "." + std::to_string(tenths % 10);
    }
    CPPUNIT_ASSERT_EQUAL(expected, found);
  }
  static void expectCell(std::uint32_t row, std::uint32_t column, const Position& position) {
    const Cell cell = cellOf(position);
    CPPUNIT_ASSERT_EQUAL(row, cell.row);
    CPPUNIT_ASSERT_EQUAL(column, cell.column);
  }
  void sameAsAScan(const Position& from, std::size_t count, double radius) const {
    std::vector<double> expected;
    for (const auto& point : points_) {
      const double metres = distance(from, point->position());
      if (metres <= radius) expected.push_back(metres);
    }
    std::sort(expected.begin(), expected.end());
    expected.resize(std::min(expected.size(), count));
    const auto found = index_.nearest(from, count, radius);
    CPPUNIT_ASSERT_EQUAL(expected.size(), found.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
      CPPUNIT_ASSERT_DOUBLES_EQUAL(expected[i], found[i].metres, 0.01);
    }
  }

  PointIndex index_;
  std::vector<std::unique_ptr<Named>> points_;
  std::mt19937 random_{1};
};

CPPUNIT_TEST_SUITE_REGISTRATION(PointIndexTest);

}  // namespace geo
