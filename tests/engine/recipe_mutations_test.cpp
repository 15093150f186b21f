// Every key of every recipe, given wrong types and extremes: a configuration or a configuration error, before any data is touched.
#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/files.hpp"
#include "config/print.hpp"
#include "engine/run_config.hpp"
#include "support/fault.hpp"
#include "support/support.hpp"

namespace seg {
namespace {

const std::vector<std::string> kWrong = {"~",    "''",   "word",  "[]",         "[[1]]",  "{}",   "{a: {b: 1}}",         "-1",
                                         "0",    "1.5",  "1e308", "-1e308",     ".nan",   ".inf", "9223372036854775807", "-9223372036854775808",
                                         "true", "1e-9", "[-1]",  "[1e9, 1e9]", "[word]", "x1",   "99999999999999999999"};

std::vector<std::string> recipe_files() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(find_shipped("configs")))
    if (entry.path().extension() == ".yaml") names.push_back(entry.path().string());
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<std::string> keys_of(RunConfig config) {
  std::vector<std::string> keys;
  for (const config::Difference& field : config::listed(config::fields_of(config))) keys.push_back(field.key);
  return keys;
}

class RecipeMutations : public testing::TestWithParam<std::string> {};

TEST_P(RecipeMutations, EndInAConfigurationOrAConfigurationError) {
  test::FaultRow row("bad_config");
  for (const char* root : {"CAMVID_ROOT", "CITYSCAPES_ROOT", "SYNTHIA_ROOT", "DEMO_ROOT", "SYNTHIA_RAND_ROOT"}) setenv(root, "/nonexistent", 1);
  const std::vector<std::string> keys = keys_of(load_run_config(GetParam(), {}));
  ASSERT_GT(keys.size(), 80u);
  // In the tests a part of the values for each key, another part for the next one.
  const std::size_t stride = static_cast<std::size_t>(test::tries(12, 1));
  for (std::size_t k = 0; k < keys.size(); ++k) {
    for (std::size_t v = k % stride; v < kWrong.size(); v += stride) {
      const std::string setting = keys[k] + "=" + kWrong[v];
      bool clear = true;
      try {
        const RunConfig config = load_run_config(GetParam(), {setting});
        check_run_config(config);
        // What is taken can be written and read back.
        parse_run_config(config::to_yaml(config), "again", {});
      } catch (const Error& error) {
        const std::string what = error.what();
        clear = error.kind == ErrorKind::kConfiguration && !error.hint.empty() && what.find('\n') == std::string::npos;
      } catch (const std::exception& error) {
        clear = false;
        ADD_FAILURE() << error.what();
      }
      EXPECT_TRUE(row.tried(clear)) << setting;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Recipes, RecipeMutations, testing::ValuesIn(recipe_files()),
                         [](const auto& recipe) { return fs::path(recipe.param).stem().string(); });

}  // namespace
}  // namespace seg
