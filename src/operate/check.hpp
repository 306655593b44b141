// The command check: tests every connection, permission and setting that a run needs, and changes nothing.
// Each function adds its results to the report. An Error that it throws ends that check (see `attempt`).
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/cancellation.hpp"
#include "notifier/notifier.hpp"
#include "operate/bucket_prefixes.hpp"
#include "operate/check_report.hpp"
#include "operate/status.hpp"
#include "source/source.hpp"
#include "target/session.hpp"

namespace peo::operate {

// Lists the bucket and reads the first byte of one object. `transactions`: the prefix of the transaction
// files, "cdc/"; empty: there are none.
BucketPrefixes check_source(CheckReport& report, source::Source& source, const std::string& transactions);

// `date`: the Date header of the bucket's last response; empty if it had none.
void check_clock(CheckReport& report, const std::string& date);

// `prefixes`: none if the bucket couldn't be listed. Returns whether a run would create tables, whose SQL is
// still to be tried (DryRunTarget).
bool check_target(CheckReport& report, const target::TargetOptions& options, const Cancellation& stop,
                  const std::optional<BucketPrefixes>& prefixes);

// Reports the state of loading: what is held, quarantined, ignored or unsent.
void check_state(CheckReport& report, const Status& status);

void check_notifier(CheckReport& report, notifier::Notifier& notifier);

}  // namespace peo::operate
