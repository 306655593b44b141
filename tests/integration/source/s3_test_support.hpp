// What the S3 tests share.
#pragma once
#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "source/s3/s3_source.hpp"

namespace peo::source::s3 {

inline std::string read_all(ByteStream& stream, std::size_t piece = 64UL * 1024) {
  std::string text;
  std::string buffer(piece, '\0');
  while (const auto got = stream.read(buffer)) text.append(buffer, 0, got);
  return text;
}

// Pages after pages to the end.
inline ListPage list_all(Source& source, ListRequest request, int* pages = nullptr) {
  ListPage whole;
  while (true) {
    auto page = source.list(request);
    if (pages != nullptr) ++*pages;
    whole.objects.insert(whole.objects.end(), page.objects.begin(), page.objects.end());
    whole.prefixes.insert(whole.prefixes.end(), page.prefixes.begin(), page.prefixes.end());
    if (page.next.empty()) return whole;
    request.continuation = page.next;
  }
}

inline std::vector<std::string> keys_of(const ListPage& page) {
  std::vector<std::string> keys;
  keys.reserve(page.objects.size());
  for (const auto& object : page.objects) keys.push_back(object.key);
  return keys;
}

// The error that the action throws; a failed test when it throws none.
inline Error error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "no error was thrown";
  return Error::internal("no error was thrown");
}

}  // namespace peo::source::s3
