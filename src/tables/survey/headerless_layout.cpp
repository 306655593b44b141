#include "tables/survey/headerless_layout.hpp"

#include <algorithm>

#include "base/identifiers.hpp"

namespace peo::survey {
namespace {

ColumnEntries entries_of(const KnownTable& known, DeliveryKind kind) {
  if (!known.entries.empty()) return known.entries;
  ColumnEntries entries{{ColumnEntry::Kind::Operation}};
  const auto timestamp = known.format.timestamp;
  if (timestamp == Present::Always || (timestamp == Present::Changes && kind == DeliveryKind::Change))
    entries.push_back({ColumnEntry::Kind::Timestamp});
  entries.push_back({ColumnEntry::Kind::Rest});
  return entries;
}

}  // namespace

bool is_before_image(const std::string& name, const FileFormat& format) {
  const auto& prefix = format.before_image;
  return !prefix.empty() && name.size() > prefix.size() && same_name(name.substr(0, prefix.size()), prefix);
}

HeaderlessLayout headerless_layout(const KnownTable& known, DeliveryKind kind, bool operation,
                                   std::size_t columns) {
  HeaderlessLayout layout;
  for (const auto& entry : entries_of(known, kind)) {
    switch (entry.kind) {
      case ColumnEntry::Kind::Operation:
        if (operation) layout.fields.push_back(FieldKind::Operation);
        break;
      case ColumnEntry::Kind::Rest:
        layout.fields.insert(layout.fields.end(), columns, FieldKind::Column);
        layout.names.insert(layout.names.end(), columns, "");
        break;
      case ColumnEntry::Kind::Named:
        if (is_before_image(entry.name, known.format)) {
          layout.fields.push_back(FieldKind::LeftOut);
        } else {
          layout.fields.push_back(FieldKind::Column);
          layout.names.push_back(entry.name);
        }
        break;
      case ColumnEntry::Kind::Timestamp:
      case ColumnEntry::Kind::Ignored:
        layout.fields.push_back(FieldKind::LeftOut);
        break;
    }
  }
  layout.least = layout.fields.size();
  const auto last = std::find(layout.fields.rbegin(), layout.fields.rend(), FieldKind::Column);
  if (last != layout.fields.rend()) layout.least = static_cast<std::size_t>(layout.fields.rend() - last);
  return layout;
}

std::size_t unnamed_columns(const KnownTable& known, DeliveryKind kind, bool operation, std::size_t width) {
  const auto entries = entries_of(known, kind);
  const bool some = std::any_of(entries.begin(), entries.end(),
                                [](const auto& entry) { return entry.kind == ColumnEntry::Kind::Rest; });
  const auto named = headerless_layout(known, kind, operation, 0).fields.size();
  return some && width > named ? width - named : 0;
}

}  // namespace peo::survey
