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
    problems.add("accepted are True and False (in any case), 1 and 0, yes and no, on and off");
  }
}

template <auto member, bool zero_allowed>
void duration(std::string_view text, Settings& into, Problems& problems) {
  const auto value = read_duration(text);
  if (value && (zero_allowed || value->count() > 0)) {
    into.*member = *value;
  } else {
    problems.add(
        fmt::format("accepted are seconds (a fraction is allowed) or a number with ms, s, m, h or d, {} "
                    "and at most a year",
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
        "accepted are bytes, or a whole number with K, M, G, KiB, MiB or GiB, from {} to {}", least, most));
  }
}

template <auto member>
void existing_file(std::string_view text, Settings& into, Problems& problems) {
  std::error_code failed;
  into.*member = fs::path(text);
  if (!fs::is_regular_file(into.*member, failed))
    problems.add("no such file; accepted is the path of a file that exists");
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

void read_whole(std::string_view text, std::uint64_t least, std::uint64_t most, std::uint64_t& into,
                Problems& problems) {
  std::uint64_t value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed == std::errc() && end == text.data() + text.size() && value >= least && value <= most) {
    into = value;
  } else {
    problems.add(fmt::format("accepted is a whole number from {} to {}", least, most));
  }
}

template <auto member, std::uint64_t most, std::uint64_t least = 0>
void whole_number(std::string_view text, Settings& into, Problems& problems) {
  read_whole(text, least, most, into.*member, problems);
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
    problems.add("accepted is auto, or an integer from 1 to 64");
  }
}

void data_dir(std::string_view text, Settings& into, Problems& problems) {
  std::error_code failed;
  into.data_dir = fs::path(text);
  if (fs::exists(into.data_dir, failed) && !fs::is_directory(into.data_dir, failed)) {
    problems.add(
        "exists and is not a folder; accepted is the path of a folder, which is made when it is needed");
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
  into.entities = {EntitiesKind::Folder, fs::path(text)};
  constexpr const char* accepted = "accepted are a folder that holds *.sql, shipped, none, or nothing";
  std::error_code failed;
  const fs::directory_iterator files(into.entities.folder, failed);
  if (failed) {
    problems.add(fmt::format("not a folder that can be read; {}", accepted));
  } else if (std::none_of(begin(files), end(files),
                          [](const auto& file) { return file.path().extension() == ".sql"; })) {
    problems.add(fmt::format("that folder holds no *.sql; {}", accepted));
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
  if (text.empty() || wrong) problems.add("accepted is a folder below bucket_path, as cdc or changes/cdc");
}

void metrics_address(std::string_view text, Settings& into, Problems& problems) {
  into.metrics_address = read_listen_address(text);
  if (!into.metrics_address && !text.empty()) {
    problems.add(
        "accepted are host:port, [IPv6]:port, :port (every interface), a port alone (127.0.0.1), or set but "
        "empty "
        "for off");
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
         problems, "accepted are debug, info, warning, error");
}

void log_format(std::string_view text, Settings& into, Problems& problems) {
  choose(text, {{"text", log::Form::Text}, {"json", log::Form::Json}}, into.log_format, problems,
         "accepted are text and json");
}

void late_files(std::string_view text, Settings& into, Problems& problems) {
  if (lower_case(text) == "skip") {
    problems.add("skip is no longer accepted; set hold, and answer each file with the command skip");
  } else {
    choose(text, {{"apply", LateFiles::Apply}, {"hold", LateFiles::Hold}}, into.late_files, problems,
           "accepted are apply and hold");
  }
}

void date_partition_timezone(std::string_view text, Settings& into, Problems& problems) {
  into.names_zone = nullptr;
  if (text.empty()) return;
  if (auto zone = TimeZone::named(text)) {
    into.names_zone = std::make_shared<const TimeZone>(std::move(*zone));
  } else {
    problems.add(
        "accepted is a zone of the IANA database, such as Europe/Berlin; the package tzdata must be "
        "installed");
  }
}

void max_remove_share(std::string_view text, Settings& into, Problems& problems) {
  double value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed == std::errc() && end == text.data() + text.size() && value >= 0 && value <= 1) {
    into.removal_limit.share = value;
  } else {
    problems.add("accepted is a number from 0 to 1; 0.5 is half of the rows, 1 switches the brake off");
  }
}

void bad_rows(std::string_view text, Settings& into, Problems& problems) {
  using enum BadRows;
  choose(text,
         {{"stop", Stop}, {"quarantine_row", QuarantineRow}, {"quarantine_delivery", QuarantineDelivery}},
         into.bad_rows.action, problems, "accepted are stop, quarantine_row and quarantine_delivery");
}

void schema_drift(std::string_view text, Settings& into, Problems& problems) {
  using enum SchemaDrift;
  choose(text, {{"stop", Stop}, {"ignore", Ignore}, {"add", Add}}, into.schema_drift, problems,
         "accepted are stop, ignore and add");
}

template <auto member>
void bad_row_limit(std::string_view text, Settings& into, Problems& problems) {
  read_whole(text, 0, 1'000'000, into.bad_rows.*member, problems);
}

void region(std::string_view text, Settings& into, Problems& problems) {
  if (!is_region(text)) problems.add("accepted is the name of a region, such as eu-central-1");
  if (into.source.kind == SourceKind::S3 && into.source.region.empty()) into.source.region = text;
}

void duckdb_library(std::string_view text, Settings& into, Problems& /*problems*/) {
  into.duckdb_library = fs::path(text);
}

void pg_bindir(std::string_view text, Settings& into, Problems& problems) {
  std::error_code failed;
  into.pg_bindir = fs::path(text);
  if (!fs::exists(into.pg_bindir / "initdb", failed) || !fs::exists(into.pg_bindir / "postgres", failed)) {
    problems.add("accepted is a folder that holds initdb and postgres");
  }
}

void nats_nkey_seed(std::string_view text, Settings& into, Problems& problems) {
  into.nats_nkey_seed = text;
  if (!text.starts_with("SU")) problems.add("accepted is the seed of a user, which begins with SU");
}

constexpr std::uint64_t KiB = 1024, GiB = KiB * KiB * KiB;

// A region comes after SOURCE, which beats it, and AWS_REGION before AWS_DEFAULT_REGION.
const std::array own_settings = {
    Setting{.name = "RUN_AS_SERVICE",
            .type = "Boolean",
            .default_value = "True",
            .meaning = "run until stopped, or process what is there now and exit",
            .help = "True: runs until an unrecoverable error or a stop signal (SIGINT, SIGTERM, SIGHUP). "
                    "False: processes "
                    "everything that is there now, then exits.",
            .example = "False",
            .main = true,
            .read = boolean<&Settings::run_as_service>},
    Setting{.name = "MIN_SLEEP",
            .type = "Number",
            .default_value = "15",
            .meaning = "shortest wait between polls, seconds",
            .help = "As a service, the loader waits a random time between MIN_SLEEP and MAX_SLEEP when there "
                    "is nothing "
                    "left to do. A fraction is allowed, and ms, s, m or h after the number. With "
                    "SOURCE_EVENTS, both are 10 minutes unless one of them is set.",
            .example = "500ms",
            .main = true,
            .read = duration<&Settings::min_sleep, false>},
    Setting{.name = "MAX_SLEEP",
            .type = "Number",
            .default_value = "30",
            .meaning = "longest wait between polls, seconds",
            .help = "Not less than MIN_SLEEP.",
            .example = "2m",
            .main = true,
            .read = duration<&Settings::max_sleep, false>},
    Setting{.name = "DRY_RUN",
            .type = "Boolean",
            .default_value = "False",
            .meaning = "do all the work, but persist nothing and publish nothing",
            .help = "The log says what would have happened, with the true counts.",
            .example = "True",
            .main = true,
            .read = boolean<&Settings::dry_run>},
    Setting{.name = "NOTIFICATIONS",
            .type = "Boolean",
            .default_value = "True",
            .meaning = "publish messages to the broker or not",
            .help = "",
            .example = "False",
            .main = true,
            .read = boolean<&Settings::notifications>},
    Setting{.name = "NATS",
            .type = "String",
            .default_value = "",
            .meaning = "the NATS server that messages are published to; empty: they go to the log",
            .help = "nats:// or tls:// (encrypted; the server's certificate is checked), several addresses "
                    "separated by "
                    "commas. In a user, password or token @ is written %40, / %2F, : %3A, comma %2C, % %25. "
                    "Without a "
                    "port: 4222.",
            .example = "nats://user:password@hostname-or-ip-address:4222",
            .secret = true,
            .main = true,
            .read = nats},
    Setting{.name = "SOURCE",
            .type = "String",
            .default_value = "",
            .meaning = "the bucket that files are read from; empty: the sample bucket in DATA_DIR",
            .help =
                "s3://bucket/prefix (keys, region and endpoint come from the environment, as for AWS's own "
                "tools), file:///directory, or words keyword=value: bucket_endpoint (none: "
                "AWS_ENDPOINT_URL_S3, else Amazon S3), "
                "bucket_id (access key id), bucket_key "
                "(secret key), bucket_name, bucket_path (the folder in the bucket), and optionally "
                "bucket_region, "
                "bucket_request_payer (requester: for a Requester Pays bucket), bucket_session_token, "
                "bucket_style "
                "(auto, path, virtual). A value with blanks goes into single "
                "quotes, "
                "as libpq quotes. bucket_path alone names a local folder with the same layout.",
            .example = "bucket_endpoint=https://s3.example.com bucket_id=id bucket_key=key bucket_name=name "
                       "bucket_path=data",
            .secret = true,
            .main = true,
            .read = source},
    Setting{.name = "SOURCE_EVENTS",
            .type = "String",
            .default_value = "",
            .meaning = "where the loader hears of new objects at once; empty: the bucket is polled",
            .help = "The URL of an SQS queue that gets the bucket's event notifications (from S3, SNS or "
                    "EventBridge; sqs:// is the same as https://), or nats://user:password@host:4222/SUBJECT "
                    "(tls:// too) where MinIO publishes them, or anybody an object's key or a prefix. The "
                    "credentials for a queue are those of the bucket; the files of NATS_CA_FILE and of the "
                    "other settings of NATS are used here too. MIN_SLEEP and MAX_SLEEP are then 10 minutes "
                    "unless one of them is set. See docs/operations.md.",
            .example = "https://sqs.eu-central-1.amazonaws.com/123456789012/paper-engine-orders",
            .secret = true,
            .read = events},
    Setting{.name = "TARGET",
            .type = "String",
            .default_value = "",
            .meaning = "the PostgreSQL to load into; empty: a private one in DATA_DIR",
            .help = "A libpq connection string or URI. What it leaves out comes from libpq's own variables, "
                    "service file "
                    "and password file.",
            .example = "user=loader password=secret host=localhost port=5432 dbname=paper_engine",
            .secret = true,
            .main = true,
            .read = target},
    Setting{
        .name = "DATA_DIR",
        .type = "String",
        .default_value = "paper-engine-data",
        .meaning = "the folder for what the loader keeps on disk",
        .help = "The private PostgreSQL and the sample bucket. A relative path begins at the working folder.",
        .example = "/var/lib/paper-engine-orders",
        .read = data_dir},
    Setting{
        .name = "ENTITIES",
        .type = "String",
        .default_value = "",
        .meaning = "the SQL of the entity tables; empty: the shipped ones that are wanted",
        .help =
            "A folder with *.sql; shipped: strategies, orders and executions; none: creates no entity tables "
            "and uses those that exist in the target. Empty: of the shipped tables, those that the bucket "
            "has "
            "folders for; with an empty SOURCE or TARGET, all three.",
        .example = "/etc/paper-engine-orders/entities",
        .main = true,
        .read = entities},
    Setting{
        .name = "CDC_PATH",
        .type = "String",
        .default_value = "",
        .meaning = "the folder of the transaction files, below bucket_path; empty: there are none",
        .help =
            "What AWS DMS has as CdcPath, with PreserveTransactions: there the changes of all tables lie in "
            "one folder, CDC_TXN-20201117153046033.csv. Full loads lie in the tables' folders as ever, and "
            "go in first. See docs/file-format.md.",
        .example = "cdc",
        .read = cdc_path},
    Setting{.name = "FORMAT",
            .type = "String",
            .default_value = "",
            .meaning = "how the files are written, where they don't show it themselves",
            .help =
                "Words keyword=value, quoted as in SOURCE: header (auto, yes, no), op and timestamp (auto, "
                "always, changes, never), timestamp_name (in a header), before_image (BI_), null (the texts "
                "that mean NULL, parted by commas; a leading comma: the empty field too), quoted_null (yes, "
                "no), no_sup_value (CsvNoSupValue: a column that keeps its value), delimiter, row_delimiter "
                "(auto, lf, crlf or bytes), quoting (rfc4180, none). See "
                "docs/file-format.md.",
            .example = "header=no op=changes null=,NULL delimiter=tab",
            .read = format},
    Setting{
        .name = "COLUMNS",
        .type = "String",
        .default_value = "",
        .meaning = "the fields of files without a header that carry more than the table's columns",
        .help =
            "In the file's order, for all tables, or after table= for one; lists are parted by semicolons. "
            "Op, Timestamp, * (the table's columns that are not named), a column's name, BI_ and a name "
            "(what a column of the key was before), - and a name (left out). Fields at the end may be "
            "missing from older files. See docs/file-format.md.",
        .example = "Op,Timestamp,*,-change_seq; orders=Op,Timestamp,*,-change_seq,BI_order_id",
        .read = columns},
    Setting{.name = "METRICS_ADDRESS",
            .type = "String",
            .default_value = "127.0.0.1:9464",
            .meaning = "where metrics and health are served over HTTP; set but empty: off",
            .help = "host:port, [IPv6]:port, :port (every interface), or a port alone (127.0.0.1).",
            .example = "0.0.0.0:9464",
            .main = true,
            .empty_is_value = true,
            .read = metrics_address},
    Setting{.name = "LOG_LEVEL",
            .type = "String",
            .default_value = "info",
            .meaning = "the least important lines that are logged: debug, info, warning, error",
            .help = "",
            .example = "debug",
            .read = log_level},
    Setting{.name = "LOG_FORMAT",
            .type = "String",
            .default_value = "text",
            .meaning = "the form of log lines: text, json",
            .help = "",
            .example = "json",
            .read = log_format},
    Setting{.name = "RETRY_SECONDS",
            .type = "Duration",
            .default_value = "60",
            .meaning = "how long a peer may be away before a run-once ends with exit code 75, seconds",
            .help = "A service tries for ever. A fraction is allowed, and ms, s, m, h or d after the number, "
                    "here and for "
                    "the next three.",
            .example = "5m",
            .read = duration<&Settings::retry_time, true>},
    Setting{
        .name = "TAKE_OVER_SECONDS",
        .type = "Duration",
        .default_value = "60",
        .meaning = "a standby takes over when the loader at work gave no sign of life for so long; 0: never",
        .help = "It ends the silent loader's sessions in PostgreSQL, for which it needs the same role. A "
                "loader gives a sign every sixth of this time, at the latest every 10 seconds: set the "
                "same value for all loaders of a target.",
        .example = "5m",
        .read = duration<&Settings::take_over, true>},
    Setting{.name = "LOOK_BACK",
            .type = "Duration",
            .default_value = "1h",
            .meaning = "how far behind the newest loaded change file each poll looks for late ones",
            .help = "",
            .example = "6h",
            .read = duration<&Settings::look_back, true>},
    Setting{.name = "FULL_LISTING_INTERVAL",
            .type = "Duration",
            .default_value = "1d",
            .meaning = "how often everything is listed, for files later than LOOK_BACK; 0: never",
            .help = "",
            .example = "6h",
            .read = duration<&Settings::full_listing_interval, true>},
    Setting{.name = "LATE_FILES",
            .type = "String",
            .default_value = "apply",
            .meaning = "what to do with a change file that comes late or was written again: apply, hold",
            .help =
                "apply: as if it had come in time; what later files say of its keys stands. hold: nothing "
                "more is loaded into its table until the command replay or skip answers it.",
            .example = "hold",
            .read = late_files},
    Setting{.name = "RELOAD_SETTLE",
            .type = "Duration",
            .default_value = "10m",
            .meaning = "how long a full load that is written again must have been left alone to be complete",
            .help = "It is complete too when a change file is named later than its newest file.",
            .example = "30m",
            .read = duration<&Settings::reload_settle, true>},
    Setting{
        .name = "DATE_PARTITION_TIMEZONE",
        .type = "String",
        .default_value = "",
        .meaning = "the zone of the times in the files' names: AWS DMS's DatePartitionTimezone; empty: UTC",
        .help = "Say it before the first file is loaded. In the hour that repeats in autumn, the time at "
                "which a file "
                "was written tells which of the two its name means.",
        .example = "Europe/Berlin",
        .read = date_partition_timezone},
    Setting{
        .name = "BAD_ROWS",
        .type = "String",
        .default_value = "stop",
        .meaning = "what to do with a row that can't be loaded: stop, quarantine_row, quarantine_delivery",
        .help =
            "stop: nothing of the file is loaded and its table is held; the log has line, column and value. "
            "quarantine_row: the row goes to loader_rejects, the others are loaded. quarantine_delivery: "
            "nothing of the file is loaded, it is recorded with the reason, and the loader goes on. A file "
            "that is written again is offered again; replay and skip work on it.",
        .example = "quarantine_row",
        .read = bad_rows},
    Setting{.name = "SCHEMA_DRIFT",
            .type = "String",
            .default_value = "stop",
            .meaning =
                "what to do with columns that a file carries and its table doesn't have: stop, ignore, add",
            .help =
                "stop: nothing of the file is loaded. ignore: they are left out. add: the table gets them, "
                "nullable, by the names in the file's header and with the type that a Parquet file gives "
                "them, else one "
                "that the file's values fit (numeric, timestamp, boolean, else text); the loader's role must "
                "own the "
                "table.",
            .example = "add",
            .read = schema_drift},
    Setting{.name = "MAX_BAD_ROWS",
            .type = "Number",
            .default_value = "100",
            .meaning = "a delivery with more bad rows than that stops the loader",
            .help = "",
            .example = "10000",
            .read = bad_row_limit<&BadRowPolicy::most_rows>},
    Setting{.name = "MAX_BAD_DELIVERIES",
            .type = "Number",
            .default_value = "10",
            .meaning = "more bad deliveries than that, none of them loaded between them, stop the loader",
            .help = "",
            .example = "1",
            .read = bad_row_limit<&BadRowPolicy::most_deliveries>},
    Setting{
        .name = "MAX_REMOVE_SHARE",
        .type = "Number",
        .default_value = "0.5",
        .meaning = "a delivery that would remove a bigger share of a table's rows stops the loader; 1: never",
        .help =
            "Only where it would remove more than 100,000 rows, too. Nothing of it is changed; the command "
            "replay lets it through.",
        .example = "0.1",
        .read = max_remove_share},
    Setting{.name = "READ_AHEAD_BYTES",
            .type = "Size",
            .default_value = "32MiB",
            .meaning = "how much is fetched and parsed ahead of what is being loaded",
            .help = "Half of it holds bytes as they are in the bucket, half of it parsed rows. Bytes, or an "
                    "integer with K, M, G, KiB, MiB or GiB, here and for MAX_ROW_BYTES.",
            .example = "128MiB",
            .read = size<&Settings::read_ahead_bytes, 4 * KiB, 64 * GiB>},
    Setting{.name = "FETCH_CONNECTIONS",
            .type = "String",
            .default_value = "auto",
            .meaning = "connections to the bucket at once: auto, or a number from 1 to 64",
            .help = "auto opens more while loading waits for the bucket, and fewer after errors such as 503 "
                    "SlowDown. A directory has none.",
            .example = "16",
            .read = fetch_connections},
    Setting{.name = "FULL_LOAD_CONNECTIONS",
            .type = "Number",
            .default_value = "1",
            .meaning = "connections that a big full load into an empty table takes",
            .help = "With more than one, readers may see the table's rows before its load is recorded: a "
                    "part of them "
                    "for a moment, all of them while the indexes are built, and after a crash until a loader "
                    "runs again.",
            .example = "2",
            .read = whole_number<&Settings::full_load_connections, 16, 1>},
    Setting{.name = "MAX_ROW_BYTES",
            .type = "Size",
            .default_value = "64MiB",
            .meaning = "the longest row that is accepted",
            .help = "A longer one is taken for a broken file.",
            .example = "1MiB",
            .read = size<&Settings::max_row_bytes, 1, GiB>},
    Setting{
        .name = "MAX_INFLATE_RATIO",
        .type = "Number",
        .default_value = "500",
        .meaning = "how many times its size a gzip object may grow; 0: any",
        .help =
            "A file that grows more is refused, as a gzip bomb would keep the loader busy for hours. It is "
            "looked at from 64 MiB on. DMS's files grow by about 5 to 100.",
        .example = "0",
        .read = whole_number<&Settings::max_inflate_ratio, 1'000'000>},
    Setting{.name = "DUCKDB_LIBRARY",
            .type = "String",
            .default_value = "",
            .meaning = "path of DuckDB's libduckdb.so, which reads Parquet files; empty: searched",
            .help = "Searched in /usr/local/lib and /usr/lib. Without it, Parquet files are ignored, with a "
                    "warning. scripts/install parquet installs it.",
            .example = "/opt/duckdb/libduckdb.so",
            .read = duckdb_library},
    Setting{.name = "MAX_PARQUET_BYTES",
            .type = "Size",
            .default_value = "2GiB",
            .meaning = "the largest Parquet file that is accepted",
            .help = "A Parquet file is copied to a temporary file in DATA_DIR before it is read.",
            .example = "200MiB",
            .read = size<&Settings::max_parquet_bytes, 1, 1024 * GiB>},
    Setting{.name = "PARQUET_MEMORY_BYTES",
            .type = "Size",
            .default_value = "256MiB",
            .meaning = "memory of DuckDB while it reads a Parquet file",
            .help =
                "In a process of its own, besides what the loader takes. Files with row groups of more than "
                "100 MB may need more.",
            .example = "1GiB",
            .read = size<&Settings::parquet_memory_bytes, 32UL * 1024 * KiB, 64 * GiB>},
    Setting{
        .name = "AWS_CA_BUNDLE",
        .type = "String",
        .default_value = "",
        .meaning = "file of the certificates that the bucket's server is checked with; empty: the system's",
        .help = "",
        .example = "/etc/ssl/certs/company.pem",
        .read = existing_file<&Settings::aws_ca_bundle>},
    Setting{
        .name = "NATS_CA_FILE",
        .type = "String",
        .default_value = "",
        .meaning = "file of the certificates that a tls:// NATS server is checked with; empty: the system's",
        .help = "",
        .example = "/etc/ssl/certs/company.pem",
        .read = existing_file<&Settings::nats_ca_file>},
    Setting{.name = "NATS_CREDENTIALS_FILE",
            .type = "String",
            .default_value = "",
            .meaning = "the .creds file to log in to NATS with: a user JWT and the seed of its key",
            .help = "As nsc, or the provider of the server, generates it. It is read again for each "
                    "connection. Without a "
                    "user, password or token in NATS.",
            .example = "/run/secrets/loader.creds",
            .read = existing_file<&Settings::nats_credentials_file>},
    Setting{.name = "NATS_NKEY_SEED",
            .type = "String",
            .default_value = "",
            .meaning = "the NKey seed to log in to NATS with; the server knows the public key",
            .help = "It begins with SU. Without a user, password or token in NATS.",
            .example = "SUAM...",
            .secret = true,
            .read = nats_nkey_seed},
    Setting{.name = "NATS_CERT_FILE",
            .type = "String",
            .default_value = "",
            .meaning =
                "PEM file of the client certificate that a tls:// NATS server is shown; needs NATS_KEY_FILE",
            .help = "",
            .example = "/run/secrets/loader.pem",
            .read = existing_file<&Settings::nats_cert_file>},
    Setting{.name = "NATS_KEY_FILE",
            .type = "String",
            .default_value = "",
            .meaning = "PEM file of the private key of NATS_CERT_FILE, without a passphrase",
            .help = "",
            .example = "/run/secrets/loader.key",
            .read = existing_file<&Settings::nats_key_file>},
    Setting{.name = "AWS_REGION",
            .type = "String",
            .default_value = "",
            .meaning = "the bucket's region when SOURCE has no bucket_region",
            .help = "",
            .example = "eu-central-1",
            .read = region},
    Setting{.name = "AWS_DEFAULT_REGION",
            .type = "String",
            .default_value = "",
            .meaning = "the same when AWS_REGION is empty too",
            .help = "",
            .example = "eu-central-1",
            .read = region},
    Setting{
        .name = "PG_BINDIR",
        .type = "String",
        .default_value = "",
        .meaning = "folder of the PostgreSQL server programs, for the private PostgreSQL; empty: searched",
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
                     "a change file's rows take 24 MiB of memory, and a file in TMPDIR beyond"},
      RemovedSetting{"MAX_INFLATE_TIME", "MAX_INFLATE_RATIO refuses gzip objects that grow too much"},
      RemovedSetting{"FULL_LOAD_TRANSACTION_BYTES", "a table's full load is one transaction"},
      RemovedSetting{"MAX_REMOVE_ROWS",
                     "MAX_REMOVE_SHARE is the limit, where a delivery removes more than 100,000 rows"}};
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
