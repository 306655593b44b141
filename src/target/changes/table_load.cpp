#include "target/changes/table_load.hpp"

#include <algorithm>

namespace peo::target {

TableLoads::TableLoads(Session& session, StagingTables& staging, std::span<const Delivery> group) {
  const auto add = [&](const std::string& entity) {
    session.prepare_table(entity);
    const auto& table = session.tables().at(entity);
    places_.emplace(entity, parts_.size());
    parts_.push_back({.table = &table,
                      .staging = staging.of(table),
                      .removals = RemovalCheck(session.options().removal_limit, group, entity)});
  };
  const auto& first = group.front();
  if (first.tables) {
    for (const auto& one : *first.tables) {
      // The first row of a refused table ends the file (ParseTable::refused).
      if (!session.refused_tables().contains(one.table)) add(one.table);
    }
  } else {
    add(first.entity);
  }
}

std::vector<std::string> TableLoads::staging() const {
  std::vector<std::string> names;
  for (const auto& part : parts_) names.push_back(part.staging);
  return names;
}

void TableLoads::begin_file() {
  for (auto& part : parts_) {
    part.copy.reset();
    part.any = part.unlogged = part.partial = part.compacted = false;
    part.copied = 0;
  }
}

TableLoad& TableLoads::switch_to(const std::string& entity) {
  auto& part = of(entity);
  if (!part.copy) end_copies();
  part.any = true;
  return part;
}

void TableLoads::end_copies() {
  for (auto& part : parts_) {
    if (!part.copy) continue;
    part.copied += part.copy->end();
    part.copy.reset();
  }
}

std::uint64_t TableLoads::copied() const {
  std::uint64_t sum = 0;
  for (const auto& part : parts_) sum += part.copied;
  return sum;
}

bool TableLoads::begin_newer(Connection& connection) {
  end_copies();
  for (auto& part : parts_) {
    // Tables of which the late file has no rows have nothing to lose.
    if (part.any) part.later.emplace(connection, *part.table, part.staging);
  }
  return any_left();
}

// A newer transaction file may switch between tables with each batch; each switch ends a COPY and starts one.
void TableLoads::add_newer(const decode::ChangeBatch& batch) {
  auto& part = of(batch.entity);
  if (!part.later) return;  // the late file has no rows of this table
  for (auto& other : parts_) {
    if (&other != &part && other.later) other.later->end_copy();
  }
  // The late file's rows then lose only some of their columns, and leave those as they are.
  if (batch.unlogged) part.unlogged = true;
  part.later->add(batch);
}

bool TableLoads::end_newer() {
  // All COPYs end before the first statement: a connection can't run one while a COPY is open.
  for (auto& part : parts_) {
    if (part.later) part.later->end_copy();
  }
  for (auto& part : parts_) {
    if (part.later) part.later->end_delivery();
  }
  return any_left();
}

bool TableLoads::any_left() {
  return std::any_of(parts_.begin(), parts_.end(),
                     [](auto& part) { return part.later && part.later->any_left(); });
}

}  // namespace peo::target
