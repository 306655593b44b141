// The verb check: looks at every connection, permission and setting that a run needs, and changes nothing.
// Each function adds its report, and throws what ends the look (see `attempt`).
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/cancellation.hpp"
#include "notifier/notifier.hpp"
#include "operate/check_report.hpp"
#include "source/source.hpp"
#include "target/session.hpp"

namespace peo::operate {

// What was found below the bucket's path, for a comparison with the target's tables.
struct BucketFolders {
  std::vector<std::string> tables;  // names of the tables' folders (folded_identifier)
  bool complete = false;            // false: there may be more
};

// Lists, and reads the first byte of one object. `transactions`: the folder of the transaction files, "cdc/";
// empty: there are none.
BucketFolders check_source(CheckReport& report, source::Source& source, const std::string& transactions);

// `date`: the Date header of the bucket's last answer; empty when it gave none.
void check_clock(CheckReport& report, const std::string& date);

// `folders`: none when the bucket couldn't be looked at.
void check_target(CheckReport& report, const target::TargetOptions& options, const Cancellation& stop,
                  const std::optional<BucketFolders>& folders);

void check_notifier(CheckReport& report, notifier::Notifier& notifier);

}  // namespace peo::operate
