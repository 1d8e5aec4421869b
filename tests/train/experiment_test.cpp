// The paper's tables: every row gets through, on pairs that differ as they must, and what rows
// share is made once.
#include <set>

#include "tests/catch.h"
#include "tests/train/data_support.h"
#include "tests/train/program.h"
#include "train/cli/experiment_table.h"
#include "train/io/files.h"

namespace medley::train {
namespace {

TEST_CASE("experiment: means, intervals of Student's t, and the way from one row to another") {
  ExperimentTable table;
  table.add_row("none", {78.4, 60.7, 93.9, 82.1, 38.0, 127.8});
  table.add_row("some", {});
  table.add_row("all", {});
  table.measure_between(0, 2);
  for (const double seed : {1, 2, 3}) {
    table.add(0, {{"TR", 0.1 * seed}});
    table.add(1, {{"TR", 0.2 * seed}, {"dropped", 0.5}});
    table.add(2, {{"TR", 0.5 * seed}});
  }
  const Json json = table.json();
  const Json& some = json.at("rows").items().at(1);
  const Json& tr = some.at("figures").at("TR");
  CHECK(tr.at("mean").number() == Approx(0.4));
  // Deviation 0.2, three values, t = 4.303 with two degrees of freedom.
  const double half = 4.303 * 0.2 / std::sqrt(3.0);
  CHECK(tr.at("interval").items().at(0).number() == Approx(0.4 - half));
  CHECK(tr.at("interval").items().at(1).number() == Approx(0.4 + half));
  CHECK(some.at("way").at("TR").at("mean").number() == Approx(0.25));
  CHECK(some.at("way").find("dropped") == nullptr);
  CHECK(json.at("rows").items().at(0).at("paper").at("CIDEr").number() == 127.8);
  CHECK(some.find("paper") == nullptr);
  CHECK_THAT(table.markdown(), Catch::StartsWith("|  | none | some | all |\n|---|---|---|---|\n"
                                                 "| TR | 0.200 ± 0.248 | 0.400 ± 0.497 |"));
}

// By row: what a quick run of a table gives.
std::map<std::string, Json> quick(const std::string& table, const std::string& out) {
  const Result r = run({"experiment", table, "--quick", "--out", out, "--json"});
  INFO(r.err);
  REQUIRE(r.code == 0);
  CHECK(read_bytes(out + "/" + table + ".md").starts_with("|"));
  const Json json = Json::parse(r.out, "stdout");
  std::map<std::string, Json> rows;
  for (const Json& row : json.at("rows").items()) {
    for (const char* figure : {"test_seen TR", "test_pair IR", "test_drawing exact"})
      CHECK(row.at("figures").find(figure) != nullptr);
    rows.emplace(row.at("name").text(), row);
  }
  return rows;
}

std::multiset<std::string> sources(const std::string& list) {
  std::multiset<std::string> sources;
  const Json json = Json::read(list);
  for (const Json& row : json.items()) sources.insert(row.at("source").text());
  return sources;
}

TEST_CASE("cli: experiment runs every row of the paper's tables") {
  const TempFolder folder;
  const std::string out = folder / "experiments", seed = out + "/seed1";
  const auto first = quick("table1", out);
  CHECK(first.size() == 5);
  const auto pairs = [&](const char* name) {
    return sources(seed + "/pairs_" + name + "/bootstrapped.json");
  };
  constexpr size_t kWeb = 60, kHuman = 2000;
  const auto all = pairs("captioner_labels"), filtered = pairs("filter_labels"),
             both = pairs("captioner_filter_labels");
  CHECK(all.count("web") == kWeb);
  CHECK(all.count("synthetic") > kWeb / 2);  // an untrained captioner may say nothing
  CHECK(filtered.count("web") == kWeb / 2);
  CHECK(filtered.count("synthetic") == 0);
  CHECK(both.count("web") + both.count("synthetic") == kWeb);
  for (const auto& list : {all, filtered, both}) CHECK(list.count("human") == kHuman);
  CHECK(first.at("true captions").at("figures").at("right pairs").at("mean").number() == 1);
  CHECK(first.at("pairs as they are").at("figures").at("right pairs").at("mean").number() < 1);

  const std::string noisy = read_bytes(seed + "/noisy/metrics.json");
  const auto second = quick("table2", out), third = quick("table3", out),
             fourth = quick("table4", out);
  CHECK(read_bytes(seed + "/noisy/metrics.json") == noisy);
  CHECK(second.size() == 3);
  CHECK(third.size() == 4);
  CHECK(fourth.size() == 2);
  // Table 1's last row is in all of them.
  const std::string same = first.at("captioner and filter").at("figures").dump();
  CHECK(second.at("nucleus").at("figures").dump() == same);
  CHECK(fourth.at("decoupled").at("figures").dump() == same);
  CHECK(third.at("all but self-attention").at("figures").dump() ==
        first.at("pairs as they are").at("figures").dump());
  const auto labels = [&](const char* name) {
    return read_bytes(seed + "/" + name + "/labels/000000.jsonl");
  };
  CHECK(labels("labels") != labels("beams"));
  CHECK(labels("labels") != labels("one"));

  Result r = run({"experiment", "table5", "--out", out});
  CHECK(r.code == 2);
  CHECK_THAT(r.err, Catch::Contains("no table is called table5"));
  r = run({"experiment", "table1", "--seeds", "0", "--out", out});
  CHECK(r.code == 2);
  r = run({"experiment", "table1", "--quick", "--steps", "4", "--out", out});
  CHECK(r.code == 2);
  CHECK_THAT(r.err, Catch::Contains("steps is 3 but 4 is asked for"));
}

}  // namespace
}  // namespace medley::train
