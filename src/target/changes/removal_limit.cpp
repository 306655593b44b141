#include "target/changes/removal_limit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/error.hpp"

namespace peo::target {

RemovalCheck::RemovalCheck(const RemovalLimit& limit, std::span<const Delivery> group, std::string entity)
    : limit_(limit),
      entity_(std::move(entity)),
      key_(group.front().object.key),
      reload_(group.front().arrival == Arrival::Reload),
      let_through_(std::any_of(group.begin(), group.end(), [](const auto& one) { return one.request; })) {}

void RemovalCheck::check(const RowCounts& effects, const std::function<std::uint64_t()>& rows_now) {
  // Over all files of the transaction: a reload may spread its removals over several.
  so_far_ += effects;
  if (let_through_ || so_far_.removed <= limit_.rows || limit_.share >= 1) return;
  const auto now = rows_now();
  // The table as it was before the transaction; `now` includes the transaction's own changes.
  const auto before = now + so_far_.removed - std::min(so_far_.created, now);
  const auto share =
      static_cast<double>(so_far_.removed) / static_cast<double>(std::max<std::uint64_t>(before, 1));
  if (share <= limit_.share) return;
  throw Error(
      ErrorKind::Fatal, ExitCode::BadInput,
      fmt::format("it would remove {} of the {} rows of {}, {:.1f} percent (MAX_REMOVE_SHARE allows {:g} "
                  "percent, or {} rows)",
                  so_far_.removed, before, entity_, share * 100, limit_.share * 100, limit_.rows),
      fmt::format(
          "Check the source; nothing was changed. If these rows were removed there, load the file with "
          "paper-engine-orders replay {}. Otherwise write the correct file to the bucket, or skip this one "
          "with "
          "paper-engine-orders skip {} --reason WHY{}.",
          key_, key_, reload_ ? " (which skips all files of this full load)" : ""));
}

}  // namespace peo::target
