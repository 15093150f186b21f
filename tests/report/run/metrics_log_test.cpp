#include "report/run/metrics_log.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <limits>
#include <set>

#include "support/support.hpp"

namespace seg {
namespace {

namespace fs = std::filesystem;
using test::read_text;
using test::TemporaryFolder;
using test::write_text;

Event event_at(std::int64_t iteration) { return {.kind = EventKind::kTrain, .iteration = iteration, .values = {{"loss", 0.5}}, .time = 1.5}; }

std::string line_at(std::int64_t iteration) {
  return "{\"event\":\"train\",\"iteration\":" + std::to_string(iteration) + ",\"time\":1.5,\"loss\":0.5}\n";
}

TEST(JsonLines, AppendsOneObjectALine) {
  const TemporaryFolder folder;
  for (const std::int64_t iteration : {1, 2}) JsonLinesReporter(folder / "m.jsonl").report(event_at(iteration));
  EXPECT_EQ(read_text(folder / "m.jsonl"), line_at(1) + line_at(2));
}

TEST(JsonLines, WritesNullForWhatIsNotFinite) {
  const TemporaryFolder folder;
  JsonLinesReporter(folder / "m.jsonl")
      .report({.kind = EventKind::kBadStep,
               .iteration = 0,
               .values = {{"x", std::numeric_limits<double>::quiet_NaN()}, {"y", -std::numeric_limits<double>::infinity()}},
               .time = 0.0});
  EXPECT_EQ(read_text(folder / "m.jsonl"), "{\"event\":\"bad_step\",\"iteration\":0,\"time\":0.0,\"x\":null,\"y\":null}\n");
}

TEST(JsonLines, BearsNamesThatAreNotUtf8) {
  const TemporaryFolder folder;
  JsonLinesReporter(folder / "m.jsonl").report({.kind = EventKind::kBadStep, .iteration = 0, .values = {{"path", "a\xff"}}, .time = 0.0});
  EXPECT_NE(read_text(folder / "m.jsonl").find("a\xEF\xBF\xBD"), std::string::npos);
}

TEST(JsonLines, KeepsWhatCannotBeWrittenAndTriesAgain) {
  const TemporaryFolder folder;
  const fs::path path = folder / "later" / "m.jsonl";
  JsonLinesReporter reporter(path);
  reporter.report(event_at(1));
  reporter.report(event_at(2));
  EXPECT_EQ(reporter.failures(), 2);
  fs::create_directories(path.parent_path());
  reporter.report(event_at(3));
  EXPECT_EQ(reporter.failures(), 2);
  EXPECT_EQ(read_text(path), line_at(1) + line_at(2) + line_at(3));
}

TEST(JsonLines, OutlivesAFullDisk) {
  JsonLinesReporter reporter("/dev/full");
  for (int i = 0; i < 3; ++i) reporter.report(event_at(i));
  EXPECT_EQ(reporter.failures(), 3);
}

TEST(CutBack, DropsLaterLinesAndATornLastOne) {
  const TemporaryFolder folder;
  write_text(folder / "m.jsonl", line_at(1) + line_at(20) + line_at(21) + "{\"event\":\"tr");
  EXPECT_EQ(cut_back(folder / "m.jsonl", 20), 2);
  EXPECT_EQ(read_text(folder / "m.jsonl"), line_at(1) + line_at(20));
}

TEST(CutBack, KeepsEventsOfAnotherVersion) {
  const TemporaryFolder folder;
  write_text(folder / "m.jsonl", "{\"event\":\"later\",\"iteration\":1}\n");
  EXPECT_EQ(cut_back(folder / "m.jsonl", 1), 0);
  EXPECT_EQ(read_text(folder / "m.jsonl"), "{\"event\":\"later\",\"iteration\":1}\n");
}

TEST(CutBack, KeepsAWholeLastLineWithoutItsEnd) {
  const TemporaryFolder folder;
  const std::string line = line_at(4);
  write_text(folder / "m.jsonl", line.substr(0, line.size() - 1));
  EXPECT_EQ(cut_back(folder / "m.jsonl", 4), 0);
  EXPECT_EQ(read_text(folder / "m.jsonl"), line);
}

TEST(CutBack, LeavesAMissingFileMissing) {
  const TemporaryFolder folder;
  EXPECT_EQ(cut_back(folder / "m.jsonl", 4), 0);
  EXPECT_FALSE(fs::exists(folder / "m.jsonl"));
}

std::vector<Event> events_in(const fs::path& path) {
  std::vector<Event> events;
  for_each_event(path, [&](Event event) { events.push_back(std::move(event)); });
  return events;
}

TEST(MetricsLog, IsReadBackAsItWasWritten) {
  const TemporaryFolder folder;
  JsonLinesReporter(folder / "m.jsonl").report(event_at(7));
  const std::vector<Event> events = events_in(folder / "m.jsonl");
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].kind, EventKind::kTrain);
  EXPECT_EQ(events[0].iteration, 7);
  EXPECT_EQ(events[0].time, 1.5);
  EXPECT_EQ(events[0].values.dump(), R"({"loss":0.5})");
}

TEST(MetricsLog, PassesOverWhatIsNoEvent) {
  const TemporaryFolder folder;
  write_text(folder / "m.jsonl", "\n[1]\n{\"event\":\"later\",\"iteration\":1}\n{\"event\":\"train\"}\n" + line_at(2) + "{\"event\":\"tr");
  EXPECT_EQ(events_in(folder / "m.jsonl").size(), 1U);
}

TEST(MetricsLog, LastEventTellsWhetherTheRunFinished) {
  const TemporaryFolder folder;
  EXPECT_FALSE(last_event(folder / "m.jsonl"));
  const std::string end = "{\"event\":\"end\",\"iteration\":9,\"time\":1.5,\"reason\":\"finished\"}\n";
  write_text(folder / "m.jsonl", line_at(9) + end);
  EXPECT_TRUE(last_event(folder / "m.jsonl")->finishes());
  write_text(folder / "m.jsonl", end + line_at(10));
  EXPECT_FALSE(last_event(folder / "m.jsonl")->finishes());
  write_text(folder / "m.jsonl", end + "{\"event\":\"tr");
  EXPECT_FALSE(last_event(folder / "m.jsonl"));
}

TEST(Events, HaveOneNameEach) {
  std::set<std::string> names;
  for (int kind = 0; kind <= static_cast<int>(EventKind::kEnd); ++kind) {
    const std::string name = event_name(static_cast<EventKind>(kind));
    EXPECT_EQ(event_kind(name), static_cast<EventKind>(kind));
    names.insert(name);
  }
  EXPECT_EQ(names.size(), static_cast<std::size_t>(EventKind::kEnd) + 1);
  EXPECT_FALSE(event_kind("skip"));
}

}  // namespace
}  // namespace seg
