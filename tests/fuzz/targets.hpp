// What is fuzzed: readers of bytes from outside. A target takes any bytes and must neither crash, hang, nor
// take memory without bound; what else it promises it checks itself, and ends the program with a message when
// that doesn't hold.
//
// They are run in two ways: by libFuzzer (scripts/fuzz), and over the kept corpus with seeded mutations in
// the tests (replay.cpp).
#pragma once
#include <span>
#include <string>
#include <string_view>

namespace peo::fuzz {

struct Target {
  const char* name;  // the directory of its corpus too
  void (*run)(std::string_view input);
};

void csv(std::string_view input);           // rows do not depend on where the file is cut
void transactions(std::string_view input);  // nor do those of several tables in one file
void gzip(std::string_view input);          // the same bytes as zlib, or both refuse
void settings(std::string_view input);      // SOURCE, FORMAT and COLUMNS: problems, never an exception
void listing(std::string_view input);       // the answer to ListObjectsV2, and its times and keys
void object_name(std::string_view input);   // keys; a date directory's pattern makes names that can be read
void encoders(std::string_view input);      // a field is whole or not there at all
void nats(std::string_view input);          // what a NATS server sends, in pieces of any size
void events(std::string_view input);        // event notifications, and refusals of SQS

std::span<const Target> targets();

// Ends the program: a promise doesn't hold.
void require(bool holds, const std::string& what);

}  // namespace peo::fuzz
