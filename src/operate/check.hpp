// The verb check: looks at every connection, permission and setting that a run needs, and changes nothing.
// Each function adds its report, and throws what ends the look (see `attempt`).
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/cancellation.hpp"
#include "notifier/notifier.hpp"
#include "operate/bucket_folders.hpp"
#include "operate/check_report.hpp"
#include "operate/status.hpp"
#include "source/source.hpp"
#include "target/session.hpp"

namespace peo::operate {

// Lists, and reads the first byte of one object. `transactions`: the folder of the transaction files, "cdc/";
// empty: there are none.
BucketFolders check_source(CheckReport& report, source::Source& source, const std::string& transactions);

// `date`: the Date header of the bucket's last answer; empty when it gave none.
void check_clock(CheckReport& report, const std::string& date);

// `folders`: none when the bucket couldn't be looked at.
void check_target(CheckReport& report, const target::TargetOptions& options, const Cancellation& stop,
                  const std::optional<BucketFolders>& folders);

// What an operator must know of the loading itself: what is held, quarantined, ignored or unsent.
void check_state(CheckReport& report, const Status& status);

void check_notifier(CheckReport& report, notifier::Notifier& notifier);

}  // namespace peo::operate
