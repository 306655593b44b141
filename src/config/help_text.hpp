// The texts of --help and --version.
#pragma once
#include <string>

namespace peo::config {

std::string help_text();
std::string sample_help_text();
std::string table_verbs_help_text();  // of infer, profile and describe
std::string version_text();

}  // namespace peo::config
