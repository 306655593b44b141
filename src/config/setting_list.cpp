#include "config/setting_list.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <system_error>

#include "config/aws_setting_list.hpp"
#include "config/format_settings.hpp"

namespace peo::config {
namespace {

namespace fs = std::filesystem;

template <auto member>
void boolean(std::string_view text, Settings& into, Problems& problems) {
  if (const auto value = read_boolean(text)) {
    into.*member = *value;
  } else {
    problems.add("expected True or False (in any case), 1 or 0, yes or no, on or off");
  }
}

template <auto member, bool zero_allowed>
void duration(std::string_view text, Settings& into, Problems& problems) {
  const auto value = read_duration(text);
  if (value && (zero_allowed || value->count() > 0)) {
    into.*member = *value;
  } else {
    problems.add(
        fmt::format("expected seconds (fractions are allowed) or a number with the unit ms, s, m, h or d, {} "
                    "and at most one year",
                    zero_allowed ? "0 or more" : "more than 0"));
  }
}

template <auto member, std::uint64_t least, std::uint64_t most>
void size(std::string_view text, Settings& into, Problems& problems) {
  const auto value = read_size(text);
  if (value && *value >= least && *value <= most) {
    into.*member = *value;
  } else {
    problems.add(fmt::format(
        "expected bytes, or an integer with the unit K, M, G, KiB, MiB or GiB, from {} to {}", least, most));
  }
}

template <auto member>
void existing_file(std::string_view text, Settings& into, Problems& problems) {
  std::error_code failed;
  into.*member = fs::path(text);
  if (!fs::is_regular_file(into.*member, failed))
    problems.add("no such file; expected the path of an existing file");
}

void nats(std::string_view text, Settings& into, Problems& problems) {
  into.nats = read_nats(text, problems);
}
void source(std::string_view text, Settings& into, Problems& problems) {
  into.source = read_source(text, problems);
}
void events(std::string_view text, Settings& into, Problems& problems) {
  into.events = read_events(text, problems);
}
void target(std::string_view text, Settings& into, Problems& problems) {
  into.target = read_target(text, problems);
}

void format(std::string_view text, Settings& into, Problems& problems) {
  into.format = read_format(text, problems);
  into.format_text = text;
}
void columns(std::string_view text, Settings& into, Problems& problems) {
  into.columns = read_columns(text, problems);
}

void read_integer(std::string_view text, std::uint64_t least, std::uint64_t most, std::uint64_t& into,
                  Problems& problems) {
  std::uint64_t value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed == std::errc() && end == text.data() + text.size() && value >= least && value <= most) {
    into = value;
  } else {
    problems.add(fmt::format("expected an integer from {} to {}", least, most));
  }
}

template <auto member, std::uint64_t most, std::uint64_t least = 0>
void integer(std::string_view text, Settings& into, Problems& problems) {
  read_integer(text, least, most, into.*member, problems);
}

void fetch_connections(std::string_view text, Settings& into, Problems& problems) {
  if (lower_case(text) == "auto") {
    into.fetch_connections = 0;
    return;
  }
  std::uint64_t value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed == std::errc() && end == text.data() + text.size() && value >= 1 && value <= 64) {
    into.fetch_connections = value;
  } else {
    problems.add("expected auto or an integer from 1 to 64");
  }
}

void data_dir(std::string_view text, Settings& into, Problems& problems) {
  std::error_code failed;
  into.data_dir = fs::path(text);
  if (fs::exists(into.data_dir, failed) && !fs::is_directory(into.data_dir, failed)) {
    problems.add(
        "exists and is not a directory; expected the path of a directory, which is created when needed");
  }
}

void entities(std::string_view text, Settings& into, Problems& problems) {
  if (lower_case(text) == "none") {
    into.entities.kind = EntitiesKind::None;
    return;
  }
  if (lower_case(text) == "shipped") {
    into.entities.kind = EntitiesKind::Shipped;
    return;
  }
  into.entities = {EntitiesKind::Directory, fs::path(text)};
  constexpr const char* accepted =
      "expected a directory with *.sql files (paper-engine-orders infer DIR drafts them), "
      "shipped, none, or an empty value";
  std::error_code failed;
  const fs::directory_iterator files(into.entities.directory, failed);
  if (failed) {
    problems.add(fmt::format("not a readable directory; {}", accepted));
  } else if (std::none_of(begin(files), end(files),
                          [](const auto& file) { return file.path().extension() == ".sql"; })) {
    problems.add(fmt::format("the directory has no *.sql files; {}", accepted));
  }
}

// "cdc", "/cdc/" → "cdc/"
void cdc_path(std::string_view text, Settings& into, Problems& problems) {
  while (text.starts_with('/')) text.remove_prefix(1);
  while (text.ends_with('/')) text.remove_suffix(1);
  into.cdc_path = std::string(text) + "/";
  const auto whole = "/" + into.cdc_path;
  const bool wrong = std::ranges::any_of(std::array{"//", "/./", "/../"}, [&](const char* part) {
    return whole.find(part) != std::string::npos;
  });
  if (text.empty() || wrong)
    problems.add("expected a prefix relative to bucket_path, such as cdc or changes/cdc");
}

void metrics_address(std::string_view text, Settings& into, Problems& problems) {
  into.metrics_address = read_listen_address(text);
  if (!into.metrics_address && !text.empty()) {
    problems.add(
        "expected host:port, [IPv6]:port, :port (all interfaces), a port alone (127.0.0.1), or an empty "
        "value to "
        "disable it");
  }
}

// One of a few words, in any case.
template <typename Value>
void choose(std::string_view text, std::initializer_list<std::pair<std::string_view, Value>> words,
            Value& into, Problems& problems, const char* accepted) {
  const auto* const found =
      std::ranges::find(words, lower_case(text), [](const auto& word) { return word.first; });
  if (found == words.end()) return problems.add(accepted);
  into = found->second;
}

void log_level(std::string_view text, Settings& into, Problems& problems) {
  using enum log::Level;
  choose(text, {{"debug", Debug}, {"info", Info}, {"warning", Warning}, {"error", Error}}, into.log_level,
         problems, "expected debug, info, warning or error");
}

void log_format(std::string_view text, Settings& into, Problems& problems) {
  choose(text, {{"text", log::Form::Text}, {"json", log::Form::Json}}, into.log_format, problems,
         "expected text or json");
}

void late_files(std::string_view text, Settings& into, Problems& problems) {
  if (lower_case(text) == "skip") {
    problems.add("skip is no longer supported; set hold, and skip each file with the command skip");
  } else {
    choose(text, {{"apply", LateFiles::Apply}, {"hold", LateFiles::Hold}}, into.late_files, problems,
           "expected apply or hold");
  }
}

void date_partition_timezone(std::string_view text, Settings& into, Problems& problems) {
  into.names_zone = nullptr;
  if (text.empty()) return;
  if (auto zone = TimeZone::named(text)) {
    into.names_zone = std::make_shared<const TimeZone>(std::move(*zone));
  } else {
    problems.add(
        "expected a time zone of the IANA database, such as Europe/Berlin; the package tzdata must be "
        "installed");
  }
}

void max_remove_share(std::string_view text, Settings& into, Problems& problems) {
  double value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed == std::errc() && end == text.data() + text.size() && value >= 0 && value <= 1) {
    into.removal_limit.share = value;
  } else {
    problems.add("expected a number from 0 to 1; 0.5 is half of the rows, 1 disables the limit");
  }
}

void bad_rows(std::string_view text, Settings& into, Problems& problems) {
  using enum BadRows;
  choose(text,
         {{"stop", Stop}, {"quarantine_row", QuarantineRow}, {"quarantine_delivery", QuarantineDelivery}},
         into.bad_rows.action, problems, "expected stop, quarantine_row or quarantine_delivery");
}

void schema_drift(std::string_view text, Settings& into, Problems& problems) {
  using enum SchemaDrift;
  choose(text, {{"stop", Stop}, {"ignore", Ignore}, {"add", Add}}, into.schema_drift, problems,
         "expected stop, ignore or add");
}

template <auto member>
void bad_row_limit(std::string_view text, Settings& into, Problems& problems) {
  read_integer(text, 0, 1'000'000, into.bad_rows.*member, problems);
}

void region(std::string_view text, Settings& into, Problems& problems) {
  if (!is_region(text)) problems.add("expected the name of a region, such as eu-central-1");
  if (into.source.kind == SourceKind::S3 && into.source.region.empty()) into.source.region = text;
}

void duckdb_library(std::string_view text, Settings& into, Problems& /*problems*/) {
  into.duckdb_library = fs::path(text);
}

void pg_bindir(std::string_view text, Settings& into, Problems& problems) {
  std::error_code failed;
  into.pg_bindir = fs::path(text);
  if (!fs::exists(into.pg_bindir / "initdb", failed) || !fs::exists(into.pg_bindir / "postgres", failed)) {
    problems.add("expected a directory that contains initdb and postgres");
  }
}

void nats_nkey_seed(std::string_view text, Settings& into, Problems& problems) {
  into.nats_nkey_seed = text;
  if (!text.starts_with("SU")) problems.add("expected the seed of a user, which starts with SU");
}

constexpr std::uint64_t KiB = 1024, GiB = KiB * KiB * KiB;

// The regions come after SOURCE, which overrides them, and AWS_REGION before AWS_DEFAULT_REGION.
const std::array own_settings = {
    Setting{.name = "RUN_AS_SERVICE",
            .type = "Boolean",
            .default_value = "True",
            .meaning = "run as a service, or load all available files once and exit",
            .help =
                "True: run until an unrecoverable error or a stop signal (SIGINT, SIGTERM, SIGHUP). False: "
                "load all files that are available now, then exit.",
            .example = "False",
            .main = true,
            .read = boolean<&Settings::run_as_service>},
    Setting{.name = "MIN_SLEEP",
            .type = "Number",
            .default_value = "15",
            .meaning = "shortest wait between polls, seconds",
            .help = "When no files are left to load, a service waits for a random time between MIN_SLEEP and "
                    "MAX_SLEEP. Fractions and the units ms, s, m and h are allowed. With SOURCE_EVENTS, both "
                    "default to 10 minutes unless one of them is set.",
            .example = "500ms",
            .main = true,
            .read = duration<&Settings::min_sleep, false>},
    Setting{.name = "MAX_SLEEP",
            .type = "Number",
            .default_value = "30",
            .meaning = "longest wait between polls, seconds",
            .help = "At least MIN_SLEEP.",
            .example = "2m",
            .main = true,
            .read = duration<&Settings::max_sleep, false>},
    Setting{.name = "DRY_RUN",
            .type = "Boolean",
            .default_value = "False",
            .meaning = "process all files, but persist and publish nothing",
            .help = "The log shows what would have happened, with the exact counts.",
            .example = "True",
            .main = true,
            .read = boolean<&Settings::dry_run>},
    Setting{.name = "NOTIFICATIONS",
            .type = "Boolean",
            .default_value = "True",
            .meaning = "publish messages to the broker",
            .help = "",
            .example = "False",
            .main = true,
            .read = boolean<&Settings::notifications>},
    Setting{.name = "NATS",
            .type = "String",
            .default_value = "",
            .meaning = "the NATS server to publish messages to; empty: they are written to the log",
            .help = "nats:// or tls:// (encrypted, with verification of the server's certificate); separate "
                    "several addresses by commas. Percent-encode special characters in the user, password or "
                    "token: @ as %40, / as %2F, : as %3A, comma as %2C, % as %25. The default port is 4222.",
            .example = "nats://user:password@hostname-or-ip-address:4222",
            .secret = true,
            .main = true,
            .read = nats},
    Setting{
        .name = "SOURCE",
        .type = "String",
        .default_value = "",
        .meaning = "the bucket to read files from; empty: the sample bucket in DATA_DIR",
        .help =
            "s3://bucket/prefix (keys, region and endpoint come from the environment, as for the AWS CLI), "
            "file:///directory, or keyword=value pairs: bucket_endpoint (default: AWS_ENDPOINT_URL_S3, then "
            "Amazon S3), bucket_id (access key id), bucket_key (secret key), bucket_name, bucket_path (the "
            "prefix in the bucket), and optionally bucket_region, bucket_request_payer (requester: for a "
            "Requester Pays bucket), bucket_session_token, bucket_style (auto, path, virtual). Put values "
            "with spaces in single quotes, as in libpq connection strings. bucket_path alone specifies a "
            "local directory with the same layout.",
        .example = "bucket_endpoint=https://s3.example.com bucket_id=id bucket_key=key bucket_name=name "
                   "bucket_path=data",
        .secret = true,
        .main = true,
        .read = source},
    Setting{.name = "SOURCE_EVENTS",
            .type = "String",
            .default_value = "",
            .meaning = "event notifications for new objects; empty: the bucket is only polled",
            .help =
                "The URL of an SQS queue that receives the bucket's event notifications (from S3, SNS or "
                "EventBridge; sqs:// is the same as https://), or nats://user:password@host:4222/SUBJECT "
                "(or tls://), where MinIO publishes notifications, or your own publisher an object key or "
                "prefix. The queue is accessed with the bucket's credentials; NATS_CA_FILE and the other "
                "NATS_... settings apply here too. MIN_SLEEP and MAX_SLEEP then default to 10 minutes unless "
                "one of them is set. See docs/operations.md.",
            .example = "https://sqs.eu-central-1.amazonaws.com/123456789012/paper-engine-orders",
            .secret = true,
            .read = events},
    Setting{.name = "TARGET",
            .type = "String",
            .default_value = "",
            .meaning = "the PostgreSQL database to load into; empty: an embedded PostgreSQL in DATA_DIR",
            .help = "A libpq connection string or URI. Omitted parameters come from libpq's environment "
                    "variables, service file and password file.",
            .example = "user=loader password=secret host=localhost port=5432 dbname=paper_engine",
            .secret = true,
            .main = true,
            .read = target},
    Setting{.name = "DATA_DIR",
            .type = "String",
            .default_value = "paper-engine-data",
            .meaning = "the loader's data directory",
            .help =
                "For the embedded PostgreSQL and the sample bucket. A relative path is resolved against the "
                "working directory.",
            .example = "/var/lib/paper-engine-orders",
            .read = data_dir},
    Setting{.name = "ENTITIES",
            .type = "String",
            .default_value = "",
            .meaning = "the SQL that creates the entity tables; empty: the example tables that are needed",
            .help = "A directory with *.sql files; shipped: create strategies, orders and executions; none: "
                    "create no "
                    "entity tables and use those that exist in the target. Empty: create the example tables "
                    "whose prefix "
                    "exists in the bucket; with an empty SOURCE or TARGET, all three.",
            .example = "/etc/paper-engine-orders/entities",
            .main = true,
            .read = entities},
    Setting{.name = "CDC_PATH",
            .type = "String",
            .default_value = "",
            .meaning = "the prefix of the transaction files, relative to bucket_path; empty: there are none",
            .help = "Set it to the CdcPath of AWS DMS if PreserveTransactions is on: the changes of all "
                    "tables are then "
                    "under one prefix, in files like CDC_TXN-20201117153046033.csv. Full loads remain under "
                    "the tables' "
                    "prefixes and are loaded first. See docs/file-format.md.",
            .example = "cdc",
            .read = cdc_path},
    Setting{
        .name = "FORMAT",
        .type = "String",
        .default_value = "",
        .meaning = "the CSV format of the files, as far as it can't be detected",
        .help =
            "keyword=value pairs, quoted as in SOURCE: header (auto, yes, no), op and timestamp (auto, "
            "always, changes, never), timestamp_name (the column's name in the header), before_image (prefix "
            "of before-image columns: BI_), null (null strings, separated by commas; start with a comma to "
            "include the empty field), quoted_null (yes, no), no_sup_value (CsvNoSupValue: the column keeps "
            "its value), delimiter, row_delimiter (auto, lf, crlf or bytes), quoting (rfc4180, none). See "
            "docs/file-format.md.",
        .example = "header=no op=changes null=,NULL delimiter=tab",
        .read = format},
    Setting{
        .name = "COLUMNS",
        .type = "String",
        .default_value = "",
        .meaning = "the fields of files without a header that have more fields than the table has columns",
        .help = "In the file's order, for all tables, or for one table as table=list; separate lists by "
                "semicolons. "
                "A list contains Op, Timestamp, * (all table columns that are not named), column names, BI_ "
                "and a "
                "name (the before-image of a key column), - and a name (an ignored field). Fields at the end "
                "may be "
                "missing in older files. See docs/file-format.md.",
        .example = "Op,Timestamp,*,-change_seq; orders=Op,Timestamp,*,-change_seq,BI_order_id",
        .read = columns},
    Setting{.name = "METRICS_ADDRESS",
            .type = "String",
            .default_value = "127.0.0.1:9464",
            .meaning = "the HTTP address for metrics and health checks; set to an empty value: off",
            .help = "host:port, [IPv6]:port, :port (all interfaces), or a port alone (127.0.0.1).",
            .example = "0.0.0.0:9464",
            .main = true,
            .empty_is_value = true,
            .read = metrics_address},
    Setting{.name = "LOG_LEVEL",
            .type = "String",
            .default_value = "info",
            .meaning = "the minimum level of log messages: debug, info, warning, error",
            .help = "",
            .example = "debug",
            .read = log_level},
    Setting{.name = "LOG_FORMAT",
            .type = "String",
            .default_value = "text",
            .meaning = "the format of log messages: text, json",
            .help = "",
            .example = "json",
            .read = log_format},
    Setting{.name = "RETRY_SECONDS",
            .type = "Duration",
            .default_value = "60",
            .meaning = "how long to retry an unavailable S3, PostgreSQL or NATS server, seconds",
            .help =
                "After that, a single run ends with exit code 75; a service retries indefinitely. Fractions "
                "and the units ms, s, m, h and d are allowed, here and in the next three settings.",
            .example = "5m",
            .read = duration<&Settings::retry_time, true>},
    Setting{
        .name = "TAKE_OVER_SECONDS",
        .type = "Duration",
        .default_value = "60",
        .meaning =
            "a standby takes over when the active loader's heartbeat has been missing for this long; 0: "
            "never",
        .help =
            "The standby terminates the unresponsive loader's sessions in PostgreSQL, so both must use the "
            "same role. A loader sends a heartbeat every sixth of this time, at least every 10 seconds: set "
            "the same value for all loaders of a target.",
        .example = "5m",
        .read = duration<&Settings::take_over, true>},
    Setting{.name = "LOOK_BACK",
            .type = "Duration",
            .default_value = "1h",
            .meaning = "how far before the newest loaded change file each poll searches for late files",
            .help = "",
            .example = "6h",
            .read = duration<&Settings::look_back, true>},
    Setting{.name = "FULL_LISTING_INTERVAL",
            .type = "Duration",
            .default_value = "1d",
            .meaning = "how often the whole bucket is listed to find files outside LOOK_BACK; 0: never",
            .help = "",
            .example = "6h",
            .read = duration<&Settings::full_listing_interval, true>},
    Setting{.name = "LATE_FILES",
            .type = "String",
            .default_value = "apply",
            .meaning = "what to do with a change file that is late or was rewritten: apply, hold",
            .help =
                "apply: load it as if it had been on time; changes that later files made to its keys remain. "
                "hold: load nothing more into its table until you run the command replay or skip.",
            .example = "hold",
            .read = late_files},
    Setting{.name = "RELOAD_SETTLE",
            .type = "Duration",
            .default_value = "10m",
            .meaning = "how long a rewritten full load must remain unchanged to count as complete",
            .help = "It is also complete when a change file has a later name than its newest file.",
            .example = "30m",
            .read = duration<&Settings::reload_settle, true>},
    Setting{.name = "DATE_PARTITION_TIMEZONE",
            .type = "String",
            .default_value = "",
            .meaning = "the time zone of file names, DatePartitionTimezone in AWS DMS; empty: UTC",
            .help = "Set it before the first file is loaded. In the hour that repeats when daylight saving "
                    "time ends, "
                    "the time at which a file was written determines which of the two its name means.",
            .example = "Europe/Berlin",
            .read = date_partition_timezone},
    Setting{
        .name = "BAD_ROWS",
        .type = "String",
        .default_value = "stop",
        .meaning = "what to do with a row that can't be loaded: stop, quarantine_row, quarantine_delivery",
        .help =
            "stop: load nothing from the file and hold its table; the log shows line, column and value. "
            "quarantine_row: write the row to loader_rejects and load the others. quarantine_delivery: load "
            "nothing from the file, record the reason, and continue with the next file. A rewritten file is "
            "loaded again; the commands replay and skip also apply to it.",
        .example = "quarantine_row",
        .read = bad_rows},
    Setting{
        .name = "SCHEMA_DRIFT",
        .type = "String",
        .default_value = "stop",
        .meaning = "what to do with columns in a file that its table lacks: stop, ignore, add",
        .help =
            "stop: load nothing from the file. ignore: skip these columns. add: add them to the table as "
            "nullable columns, named as in the file's header, with the type in a Parquet file, or else a "
            "type that fits the file's values (numeric, timestamp, boolean, otherwise text); the loader's "
            "role must own the table.",
        .example = "add",
        .read = schema_drift},
    Setting{.name = "MAX_BAD_ROWS",
            .type = "Number",
            .default_value = "100",
            .meaning = "the maximum number of bad rows per delivery; more stop the loader",
            .help = "",
            .example = "10000",
            .read = bad_row_limit<&BadRowPolicy::most_rows>},
    Setting{.name = "MAX_BAD_DELIVERIES",
            .type = "Number",
            .default_value = "10",
            .meaning = "the maximum number of consecutive bad deliveries; more stop the loader",
            .help = "",
            .example = "1",
            .read = bad_row_limit<&BadRowPolicy::most_deliveries>},
    Setting{
        .name = "MAX_REMOVE_SHARE",
        .type = "Number",
        .default_value = "0.5",
        .meaning = "the maximum share of a table's rows that a delivery may remove; 1: no limit",
        .help =
            "Applies only to deliveries that would remove more than 100,000 rows. A delivery over the limit "
            "stops the loader and changes nothing; to load it anyway, run the command replay.",
        .example = "0.1",
        .read = max_remove_share},
    Setting{
        .name = "READ_AHEAD_BYTES",
        .type = "Size",
        .default_value = "32MiB",
        .meaning = "how much data is fetched and parsed ahead of loading",
        .help =
            "Half of it is for bytes as they are in the bucket, half for parsed rows. Bytes, or an integer "
            "with the unit K, M, G, KiB, MiB or GiB, here and in MAX_ROW_BYTES.",
        .example = "128MiB",
        .read = size<&Settings::read_ahead_bytes, 4 * KiB, 64 * GiB>},
    Setting{.name = "FETCH_CONNECTIONS",
            .type = "String",
            .default_value = "auto",
            .meaning = "concurrent connections to the bucket: auto, or a number from 1 to 64",
            .help = "auto opens more while loading waits for the bucket, and fewer after errors such as 503 "
                    "SlowDown. Not used for a local directory.",
            .example = "16",
            .read = fetch_connections},
    Setting{
        .name = "FULL_LOAD_CONNECTIONS",
        .type = "Number",
        .default_value = "1",
        .meaning = "the number of connections for a big full load into an empty table",
        .help =
            "With more than one, readers may see the table's rows before its load is recorded: some of "
            "them for a moment, all of them while the indexes are built, and after a crash until a loader "
            "runs again.",
        .example = "2",
        .read = integer<&Settings::full_load_connections, 16, 1>},
    Setting{.name = "MAX_ROW_BYTES",
            .type = "Size",
            .default_value = "64MiB",
            .meaning = "the maximum length of a row",
            .help = "A file with a longer row is considered corrupt.",
            .example = "1MiB",
            .read = size<&Settings::max_row_bytes, 1, GiB>},
    Setting{.name = "MAX_INFLATE_RATIO",
            .type = "Number",
            .default_value = "500",
            .meaning = "the maximum decompression ratio of a gzip object; 0: no limit",
            .help = "Protects against gzip bombs, which would keep the loader busy for hours. Applies to "
                    "objects of more "
                    "than 64 MiB when decompressed. Files from DMS have ratios of about 5 to 100.",
            .example = "0",
            .read = integer<&Settings::max_inflate_ratio, 1'000'000>},
    Setting{
        .name = "DUCKDB_LIBRARY",
        .type = "String",
        .default_value = "",
        .meaning = "the path of DuckDB's libduckdb.so, which reads Parquet files; empty: search for it",
        .help =
            "It is searched for in /usr/local/lib and /usr/lib. Without it, Parquet files are ignored with "
            "a warning. scripts/install parquet installs it.",
        .example = "/opt/duckdb/libduckdb.so",
        .read = duckdb_library},
    Setting{.name = "MAX_PARQUET_BYTES",
            .type = "Size",
            .default_value = "2GiB",
            .meaning = "the maximum size of a Parquet file",
            .help = "A Parquet file is copied to a temporary file in DATA_DIR before it is read.",
            .example = "200MiB",
            .read = size<&Settings::max_parquet_bytes, 1, 1024 * GiB>},
    Setting{
        .name = "PARQUET_MEMORY_BYTES",
        .type = "Size",
        .default_value = "256MiB",
        .meaning = "DuckDB's memory limit while it reads a Parquet file",
        .help =
            "DuckDB runs in a separate process, so this adds to the loader's memory. Files with row groups "
            "of more than 100 MB may need more.",
        .example = "1GiB",
        .read = size<&Settings::parquet_memory_bytes, 32UL * 1024 * KiB, 64 * GiB>},
    Setting{.name = "AWS_CA_BUNDLE",
            .type = "String",
            .default_value = "",
            .meaning = "the file of CA certificates for the S3 server; empty: the system's",
            .help = "",
            .example = "/etc/ssl/certs/company.pem",
            .read = existing_file<&Settings::aws_ca_bundle>},
    Setting{.name = "NATS_CA_FILE",
            .type = "String",
            .default_value = "",
            .meaning = "the file of CA certificates for tls:// NATS servers; empty: the system's",
            .help = "",
            .example = "/etc/ssl/certs/company.pem",
            .read = existing_file<&Settings::nats_ca_file>},
    Setting{
        .name = "NATS_CREDENTIALS_FILE",
        .type = "String",
        .default_value = "",
        .meaning = "the .creds file to log in to NATS with: a user JWT and the seed of its key",
        .help =
            "Generated by nsc or by the server's provider. It is read again for each connection. Can't be "
            "combined with a user, password or token in NATS.",
        .example = "/run/secrets/loader.creds",
        .read = existing_file<&Settings::nats_credentials_file>},
    Setting{.name = "NATS_NKEY_SEED",
            .type = "String",
            .default_value = "",
            .meaning = "the NKey seed to log in to NATS with; the server has the public key",
            .help = "It starts with SU. Can't be combined with a user, password or token in NATS.",
            .example = "SUAM...",
            .secret = true,
            .read = nats_nkey_seed},
    Setting{
        .name = "NATS_CERT_FILE",
        .type = "String",
        .default_value = "",
        .meaning = "the PEM file of the client certificate for tls:// NATS servers; requires NATS_KEY_FILE",
        .help = "",
        .example = "/run/secrets/loader.pem",
        .read = existing_file<&Settings::nats_cert_file>},
    Setting{.name = "NATS_KEY_FILE",
            .type = "String",
            .default_value = "",
            .meaning = "the PEM file of the private key for NATS_CERT_FILE, without a passphrase",
            .help = "",
            .example = "/run/secrets/loader.key",
            .read = existing_file<&Settings::nats_key_file>},
    Setting{.name = "AWS_REGION",
            .type = "String",
            .default_value = "",
            .meaning = "the bucket's region if SOURCE has no bucket_region",
            .help = "",
            .example = "eu-central-1",
            .read = region},
    Setting{.name = "AWS_DEFAULT_REGION",
            .type = "String",
            .default_value = "",
            .meaning = "the bucket's region if AWS_REGION is empty too",
            .help = "",
            .example = "eu-central-1",
            .read = region},
    Setting{.name = "PG_BINDIR",
            .type = "String",
            .default_value = "",
            .meaning =
                "the directory of the PostgreSQL server programs, for the embedded PostgreSQL; empty: search "
                "for it",
            .help = "",
            .example = "/usr/lib/postgresql/15/bin",
            .read = pg_bindir},
};

}  // namespace

std::span<const Setting> all_settings() {
  static const auto all = [] {
    std::vector<Setting> list(own_settings.begin(), own_settings.end());
    const auto more = aws_settings();
    list.insert(list.end(), more.begin(), more.end());
    return list;
  }();
  return all;
}

std::span<const RemovedSetting> removed_settings() {
  static constexpr std::array removed = {
      RemovedSetting{"FOLD_MEMORY",
                     "the rows of a change file use 24 MiB of memory, and beyond that a file in TMPDIR"},
      RemovedSetting{"MAX_INFLATE_TIME", "MAX_INFLATE_RATIO limits the decompression of gzip objects"},
      RemovedSetting{"FULL_LOAD_TRANSACTION_BYTES", "a table's full load is one transaction"},
      RemovedSetting{"MAX_REMOVE_ROWS",
                     "MAX_REMOVE_SHARE is the limit for deliveries that remove more than 100,000 rows"}};
  return removed;
}

std::string file_variable(const Setting& setting) {
  return setting.secret && setting.in_file ? std::string(setting.name) + "_FILE" : "";
}

std::vector<std::string> all_names() {
  std::vector<std::string> names;
  for (const auto& setting : all_settings()) {
    names.emplace_back(setting.name);
    if (const auto file = file_variable(setting); !file.empty()) names.push_back(file);
  }
  return names;
}

}  // namespace peo::config
