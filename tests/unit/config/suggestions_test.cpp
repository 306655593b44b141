// A misspelt name gets the likely right one as a suggestion; an unrelated name gets none.
#include "config/suggestions.hpp"

#include <gtest/gtest.h>

#include "base/spelling.hpp"
#include "config/setting_list.hpp"

namespace peo::config {
namespace {

TEST(Misspelling, EditDistance) {
  EXPECT_EQ(edit_distance("", ""), 0U);
  EXPECT_EQ(edit_distance("", "abc"), 3U);
  EXPECT_EQ(edit_distance("abc", ""), 3U);
  EXPECT_EQ(edit_distance("abc", "abc"), 0U);
  EXPECT_EQ(edit_distance("abc", "abd"), 1U);
  EXPECT_EQ(edit_distance("abc", "ac"), 1U);
  EXPECT_EQ(edit_distance("abc", "xabc"), 1U);
  EXPECT_EQ(edit_distance("abc", "acb"), 1U);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
}

TEST(Misspelling, LikelySlipsAreFound) {
  const auto names = all_names();
  const std::pair<const char*, const char*> misspelt[] = {{"RUN_AS_SERVCE", "RUN_AS_SERVICE"},
                                                          {"run_as_service", "RUN_AS_SERVICE"},
                                                          {"RUN_AS_SERVICES", "RUN_AS_SERVICE"},
                                                          {"RUNASSERVICE", "RUN_AS_SERVICE"},
                                                          {"MINSLEEP", "MIN_SLEEP"},
                                                          {"TRAGET", "TARGET"},
                                                          {"SOURCES", "SOURCE"},
                                                          {"ENTITES", "ENTITIES"},
                                                          {"nats", "NATS"},
                                                          {"Target_File", "TARGET_FILE"},
                                                          {"SOURCE_FIEL", "SOURCE_FILE"}};
  for (const auto& [slip, meant] : misspelt) EXPECT_EQ(probably_meant(slip, names), meant) << slip;
}

TEST(Misspelling, OtherNamesAreLeftAlone) {
  const auto names = all_names();
  for (const auto& name : names) EXPECT_EQ(probably_meant(name, names), std::nullopt) << name;
  for (const char* name : {"PATH", "HOME", "FORCE", "RESOURCE", "CATS", "NATO", "LANG", "PGHOST",
                           "AWS_PROFILE", "", "_", "SLEEP", "KUBERNETES_SERVICE_HOST"}) {
    EXPECT_EQ(probably_meant(name, names), std::nullopt) << name;
  }
  EXPECT_EQ(probably_meant(std::string(1000000, 'X'), names), std::nullopt);
}

}  // namespace
}  // namespace peo::config
