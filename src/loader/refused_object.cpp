#include "loader/refused_object.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <vector>

namespace peo::loader {
namespace {

// Each attempt is a request; if all of them are refused, no further ones are made.
constexpr std::size_t most_tried = 4;

bool gives(source::Source& source, const ObjectInfo& object) {
  try {
    std::array<char, 1> byte{};
    source.open(object, object.size - 1)->read(byte);
    return true;
  } catch (const Error&) {
    return false;
  }
}

// One object of each prefix, the newest first: old ones may be archived, and other tables may use other keys.
std::vector<ObjectInfo> listed(source::Source& source) {
  auto objects =
      source.list({.prefix = "", .delimited = false, .start_after = {}, .continuation = {}}).objects;
  std::ranges::sort(objects, std::greater<>(), &ObjectInfo::last_modified);
  std::set<std::string> prefixes;
  std::erase_if(objects, [&](const auto& object) {
    return !prefixes.insert(object.key.substr(0, object.key.find_last_of('/') + 1)).second;
  });
  return objects;
}

}  // namespace

bool refuses_object(const Error& error) {
  return error.kind() == ErrorKind::Fatal && error.place().step == Step::Fetch &&
         (error.exit_code() == ExitCode::PermissionDenied || error.exit_code() == ExitCode::Configuration);
}

bool gives_another(source::Source& source, const ObjectInfo& refused, std::span<const Delivery> others,
                   const std::optional<ObjectInfo>& known) {
  // Objects that were fetched ahead prove nothing: they were read before the refusal.
  source.expect({});
  std::size_t tried = 0;
  const auto try_one = [&](const ObjectInfo& object) {
    if (object.key == refused.key || object.size == 0 || tried == most_tried) return false;
    ++tried;
    return gives(source, object);
  };
  if (known && try_one(*known)) return true;
  std::set<std::string> entities;
  for (const auto& delivery : others) {
    if (entities.insert(delivery.entity).second && try_one(delivery.object)) return true;
  }
  if (tried != 0) return false;
  try {
    return std::ranges::any_of(listed(source), try_one);
  } catch (const Error&) {
    return false;
  }
}

}  // namespace peo::loader
