#include "source/prefixes.hpp"

#include <algorithm>
#include <iterator>

namespace peo::source {

std::vector<std::string> prefixes_below(Source& source, const std::string& prefix,
                                        const std::function<void(const ObjectInfo&)>& beside) {
  std::vector<std::string> prefixes;
  ListRequest request{.prefix = prefix, .delimited = true, .start_after = {}, .continuation = {}};
  do {
    auto page = source.list(request);
    std::ranges::for_each(page.objects, beside);
    std::move(page.prefixes.begin(), page.prefixes.end(), std::back_inserter(prefixes));
    request.continuation = page.next;
  } while (!request.continuation.empty());
  return prefixes;
}

bool refuses_prefix(const Error& error) {
  return error.kind() == ErrorKind::Fatal && error.exit_code() == ExitCode::PermissionDenied;
}

std::string last_part(std::string_view prefix) {
  prefix.remove_suffix(1);
  return std::string(prefix.substr(prefix.find_last_of('/') + 1));
}

}  // namespace peo::source
