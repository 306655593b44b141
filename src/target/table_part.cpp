#include "target/table_part.hpp"

#include <algorithm>

namespace peo::target {

TableParts::TableParts(const std::map<std::string, Table>& tables, std::span<const Delivery> group,
                       const RemovalLimit& limit) {
  const auto add = [&](const std::string& entity) {
    const auto& table = tables.at(entity);
    places_.emplace(entity, parts_.size());
    parts_.push_back({.table = &table, .brake = RemoveBrake(limit, group, entity)});
  };
  const auto& first = group.front();
  if (first.tables) {
    for (const auto& one : *first.tables) add(one.table);
  } else {
    add(first.entity);
  }
}

void TableParts::begin_file() {
  for (auto& part : parts_) {
    part.copy.reset();
    part.any = part.folded = false;
    part.copied = 0;
  }
}

TablePart& TableParts::turn_to(const std::string& entity) {
  auto& part = of(entity);
  if (!part.copy) end_copies();
  part.any = true;
  return part;
}

void TableParts::end_copies() {
  for (auto& part : parts_) {
    if (!part.copy) continue;
    part.copied += part.copy->end();
    part.copy.reset();
  }
}

std::uint64_t TableParts::copied() const {
  std::uint64_t sum = 0;
  for (const auto& part : parts_) sum += part.copied;
  return sum;
}

bool TableParts::begin_later(Connection& connection) {
  end_copies();
  for (auto& part : parts_) {
    if (part.any) part.later.emplace(connection, *part.table, part.incoming);
  }
  return any_left();
}

void TableParts::add_later(const decode::ChangeBatch& batch) {
  auto& part = of(batch.entity);
  if (!part.later) return;  // the late file has nothing of this table
  for (auto& other : parts_) {
    if (&other != &part && other.later) other.later->end_copy();
  }
  part.later->add(batch);
}

bool TableParts::end_later() {
  for (auto& part : parts_) {
    if (part.later) part.later->end_copy();
  }
  for (auto& part : parts_) {
    if (part.later) part.later->end_delivery();
  }
  return any_left();
}

bool TableParts::any_left() {
  return std::any_of(parts_.begin(), parts_.end(),
                     [](auto& part) { return part.later && part.later->any_left(); });
}

}  // namespace peo::target
