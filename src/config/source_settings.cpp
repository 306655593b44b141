#include "config/source_settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <system_error>
#include <utility>

#include "base/spelling.hpp"
#include "config/endpoint.hpp"
#include "config/keyword_values.hpp"
#include "config/parse_value.hpp"

namespace peo::config {
namespace {

constexpr std::array<std::string_view, 9> known_keys = {
    "bucket_endpoint", "bucket_id",     "bucket_key",           "bucket_name",
    "bucket_path",     "bucket_region", "bucket_request_payer", "bucket_session_token",
    "bucket_style"};
constexpr std::string_view known_keys_text =
    "known keys are bucket_endpoint, bucket_id, bucket_key, bucket_name, bucket_path, bucket_region, "
    "bucket_request_payer, bucket_session_token, bucket_style";

using Words = std::map<std::string, std::string, std::less<>>;

bool is_known(std::string_view key) {
  return std::find(known_keys.begin(), known_keys.end(), key) != known_keys.end();
}
bool is_secret(std::string_view key) { return key == "bucket_key" || key == "bucket_session_token"; }

// Collects the pairs. An unquoted secret with a space splits into a value and what looks like further keys,
// so a problem names nothing that follows such a value unless it clearly is a key.
class SourceWords {
 public:
  explicit SourceWords(Problems& problems) : problems_(problems) {}

  Words read(std::string_view text) {
    read_keyword_values(text, problems_, [this](KeywordValue word) {
      number_ = word.number;
      keep(word.key, std::move(word.value));
      if (is_known(word.key)) after_plain_secret_ = is_secret(word.key) && !word.quoted;
    });
    return std::move(words_);
  }

 private:
  void keep(const std::string& key, std::string value) {
    if (!is_known(key)) {
      problems_.add(fmt::format("{}; {}", unknown(key), known_keys_text));
    } else if (holds_a_key(value)) {
      problems_.add(fmt::format(
          "the value of {} contains another keyword=value: either it is empty (write '' or omit it) "
          "or a quote is misplaced",
          key));
    } else if (!words_.emplace(key, std::move(value)).second) {
      problems_.add(fmt::format("{} is set twice", key));
    }
  }

  static bool holds_a_key(std::string_view value) {
    return std::any_of(known_keys.begin(), known_keys.end(), [&](std::string_view key) {
      const auto at = value.find(key);
      if (at == std::string_view::npos) return false;
      const auto rest = trimmed(value.substr(at + key.size()));
      return !rest.empty() && rest.front() == '=';
    });
  }

  std::string unknown(const std::string& key) const {
    const std::string lower = lower_case(key);
    for (const auto known : known_keys) {
      if (edit_distance(lower, known) <= 2) {
        return fmt::format("unknown key \"{}\", did you mean {}?", key, known);
      }
    }
    const bool a_word = key.size() <= 30 && std::all_of(key.begin(), key.end(), [](char c) {
                          return (c >= 'a' && c <= 'z') || c == '_';
                        });
    if (a_word && (!after_plain_secret_ || key.starts_with("bucket_"))) {
      return fmt::format("unknown key \"{}\"", key);
    }
    return fmt::format(
        "unknown key in word {} (not shown: it may be part of a secret; put a value with spaces in single "
        "quotes)",
        number_);
  }

  Problems& problems_;
  Words words_;
  int number_ = 0;
  bool after_plain_secret_ = false;
};

std::string take(const Words& words, std::string_view key) {
  const auto found = words.find(key);
  return found == words.end() ? std::string() : found->second;
}

// Whether the text may be part of an HTTP header.
bool is_header_word(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

void read_style(const std::string& text, SourceSettings& source, Problems& problems) {
  const std::string style = lower_case(text);
  if (style == "path") {
    source.style = BucketStyle::Path;
  } else if (style == "virtual") {
    source.style = BucketStyle::Virtual;
  } else if (!style.empty() && style != "auto") {
    problems.add(fmt::format("bucket_style is {}; expected auto, path or virtual", shown(text)));
  }
}

void read_payer(const std::string& text, SourceSettings& source, Problems& problems) {
  source.requester_pays = lower_case(text) == "requester";
  if (!text.empty() && !source.requester_pays)
    problems.add(fmt::format("bucket_request_payer is {}; expected requester", shown(text)));
}

void read_credentials(const Words& words, SourceSettings& source, Problems& problems) {
  source.access_key_id = take(words, "bucket_id");
  source.secret_key = take(words, "bucket_key");
  source.session_token = take(words, "bucket_session_token");
  if (source.access_key_id.empty() != source.secret_key.empty()) {
    problems.add(source.secret_key.empty() ? "bucket_id is set without bucket_key"
                                           : "bucket_key is set without bucket_id");
  } else if (!source.session_token.empty() && source.secret_key.empty()) {
    problems.add("bucket_session_token is set without bucket_id and bucket_key");
  }
  for (const char* key : {"bucket_id", "bucket_session_token"}) {
    if (!is_header_word(take(words, key))) {
      problems.add(fmt::format("{} contains a space or a character that is not ASCII", key));
    }
  }
}

void set_bucket(std::string_view name, std::string_view path, SourceSettings& source, Problems& problems) {
  source.bucket_name = name;
  if (name.size() < 3 || name.size() > 63 || !is_header_word(name) ||
      name.find_first_of("/\\:?#") != std::string::npos) {
    problems.add(
        fmt::format("bucket_name is {}; expected the bucket's name only, 3 to 63 characters without a slash "
                    "(set bucket_path to the prefix)",
                    shown(name)));
  }
  while (!path.empty() && path.front() == '/') path.remove_prefix(1);
  while (!path.empty() && path.back() == '/') path.remove_suffix(1);
  source.path = path;
}

// Whether it is one.
bool set_directory(const std::string& path, SourceSettings& source) {
  source.directory = path;
  std::error_code failed;
  return std::filesystem::is_directory(source.directory, failed);
}

void read_bucket(const Words& words, SourceSettings& source, Problems& problems) {
  if (const auto text = take(words, "bucket_endpoint"); !text.empty()) {
    Endpoint endpoint = read_endpoint(text);
    if (!endpoint.problem.empty()) problems.add("bucket_endpoint " + endpoint.problem);
    source.endpoint = std::move(endpoint.url);
  }
  if (take(words, "bucket_name").empty()) {
    problems.add("bucket_endpoint is set without bucket_name");
    return;
  }
  set_bucket(take(words, "bucket_name"), take(words, "bucket_path"), source, problems);
}

void read_directory(const Words& words, SourceSettings& source, Problems& problems) {
  for (const char* key : {"bucket_id", "bucket_key", "bucket_region", "bucket_request_payer",
                          "bucket_session_token", "bucket_style"}) {
    if (take(words, key).empty()) continue;
    problems.add(
        fmt::format("{} is set, but neither bucket_name nor bucket_endpoint (for a local directory, set only "
                    "bucket_path)",
                    key));
    return;
  }
  const auto path = take(words, "bucket_path");
  if (path.empty()) {
    problems.add(
        "neither bucket_name nor bucket_path is set; set bucket_name for a bucket or bucket_path for a local "
        "directory");
  } else if (!set_directory(path, source)) {
    problems.add(fmt::format(
        "bucket_path is {}, which is not a directory on this machine (without bucket_name it is a "
        "local directory)",
        shown(path)));
  }
}

// s3://bucket/prefix; keys, region and endpoint come from the environment, as for the AWS CLI.
void read_s3_uri(std::string_view rest, SourceSettings& source, Problems& problems) {
  source.kind = SourceKind::S3;
  const auto slash = std::min(rest.find('/'), rest.size());
  // The part before an @ may be a secret, which must not be shown as a part of the bucket or prefix.
  const bool more = rest.find_first_of("?#@") != std::string_view::npos || rest.find(':') < slash ||
                    rest.find(" bucket_") != std::string_view::npos;
  if (more) {
    problems.add(
        "s3:// must be followed by only a bucket and a prefix; set keys, region and endpoint in the "
        "environment "
        "(AWS_ACCESS_KEY_ID, AWS_REGION, AWS_ENDPOINT_URL_S3), or write bucket_endpoint=... bucket_name=...");
    return;
  }
  set_bucket(rest.substr(0, slash), rest.substr(slash), source, problems);
}

void read_file_uri(std::string_view rest, SourceSettings& source, Problems& problems) {
  source.kind = SourceKind::Directory;
  const auto path = percent_decoded(rest);
  if (!rest.starts_with('/') || !path) {
    problems.add(
        "invalid file URI; expected file:///path with three slashes, where % starts an escape such as "
        "%20");
    return;
  }
  if (!set_directory(*path, source))
    problems.add(fmt::format("{} is not a directory on this machine", shown(*path)));
}

}  // namespace

bool is_region(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

std::string SourceSettings::display() const {
  if (kind != SourceKind::S3) return "directory " + directory.string();
  std::string text = "s3://" + bucket_name;
  if (!path.empty()) text += "/" + path;
  return text + (endpoint.empty() ? " at Amazon S3" : " at " + endpoint);
}

SourceSettings read_source(std::string_view text, Problems& problems) {
  SourceSettings source;
  if (text.size() > 1 && text.front() == '"' && text.back() == '"') {
    problems.add("it is in double quotes, which are part of the value here; remove them");
    return source;
  }
  if (text.starts_with("s3://")) {
    read_s3_uri(text.substr(5), source, problems);
    return source;
  }
  if (text.starts_with("file://")) {
    read_file_uri(text.substr(7), source, problems);
    return source;
  }
  Problems here;
  const Words words = SourceWords(here).read(text);
  if (here.empty()) {  // otherwise a missing key may only be misspelled
    const bool bucket = !take(words, "bucket_name").empty() || !take(words, "bucket_endpoint").empty();
    source.kind = bucket ? SourceKind::S3 : SourceKind::Directory;
    if (bucket) {
      read_bucket(words, source, here);
      read_credentials(words, source, here);
      read_style(take(words, "bucket_style"), source, here);
      read_payer(take(words, "bucket_request_payer"), source, here);
      source.region = take(words, "bucket_region");
      if (!source.region.empty() && !is_region(source.region)) {
        here.add(
            fmt::format("bucket_region is {}; expected a name such as eu-central-1", shown(source.region)));
      }
    } else {
      read_directory(words, source, here);
    }
  }
  for (const auto& problem : here.texts()) problems.add(problem);
  return source;
}

}  // namespace peo::config
