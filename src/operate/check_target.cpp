#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <ctime>

#include "base/identifiers.hpp"
#include "base/log.hpp"
#include "base/postgres_versions.hpp"
#include "operate/check.hpp"
#include "operate/citus_report.hpp"
#include "operate/format.hpp"
#include "operate/ledger_reader.hpp"
#include "operate_sql.hpp"
#include "source/discover.hpp"
#include "target/postgres/begin_session.hpp"
#include "target/schema/entity_tables.hpp"
#include "target/schema/migrations.hpp"

namespace peo::operate {
namespace {

using target::Connection;

constexpr const char* entity_rights = "SELECT,INSERT,UPDATE,DELETE";
constexpr double most_target_skew = 60;  // seconds

class TargetCheck {
 public:
  TargetCheck(CheckReport& report, Connection& connection, std::string schema)
      : findings_(report), connection_(connection), schema_(std::move(schema)) {}

  void rights() {
    const auto rows = connection_.query(std::string(sql::rights), {schema_});
    role_ = rows.text(0, 0);
    may_create_ = rows.boolean(0, 2);
    findings_.good(
        "target", fmt::format("Connected to PostgreSQL {} at {} (supported: {} to {}) as role {}, schema {}.",
                              rows.text(0, 7), connection_.server(), oldest_postgres, newest_postgres,
                              shortened(role_), shortened(schema_)));
    if (connection_.version() >= (newest_postgres + 1) * 10000) {
      findings_.warning(
          "target",
          fmt::format("PostgreSQL {} is newer than the versions that the loader was tested with.",
                      rows.text(0, 7)),
          fmt::format("Use PostgreSQL {} to {}, or a newer version of the loader.", oldest_postgres,
                      newest_postgres));
    }
    if (!rows.boolean(0, 3)) missing("USAGE", "SCHEMA " + quoted(schema_));
    if (!rows.boolean(0, 4)) missing("TEMPORARY", "DATABASE " + quoted(std::string(rows.text(0, 1))));
    if (!rows.boolean(0, 5) && !rows.boolean(0, 6)) {
      findings_.warning("target", "The connection to PostgreSQL is not encrypted.",
                        "Add sslmode=verify-full and sslrootcert=… to TARGET.");
    }
    const double skew =
        static_cast<double>(std::time(nullptr)) - std::strtod(std::string(rows.text(0, 8)).c_str(), nullptr);
    if (std::abs(skew) > most_target_skew) {
      findings_.warning("target",
                        fmt::format("This machine's clock is {} {} PostgreSQL's.",
                                    seconds_text(std::abs(skew)), skew > 0 ? "ahead of" : "behind"),
                        "Synchronize the clocks (NTP): times in the ledger and in messages come from both.");
    }
  }

  void migrations(const std::vector<target::Migration>& all) {
    // If the next line throws, its finding explains why there is no table.
    creates_ = std::ranges::any_of(all, target::is_entity);
    const auto due = target::migrations_due(connection_, schema_, all);
    creates_ = std::ranges::any_of(due, target::is_entity);
    if (due.empty()) {
      findings_.good("target", "All migrations are applied.");
      return;
    }
    std::string names;
    for (const auto& migration : due) names += (names.empty() ? "" : ", ") + migration.name;
    const auto text = fmt::format("A run, or the command migrate, first applies {}.", names);
    if (may_create_) {
      findings_.good("target", text);
    } else {
      findings_.problem(
          "target",
          Error::permission(
              fmt::format("the role {} may not create tables in the schema {}, and {} must be applied",
                          shortened(role_), shortened(schema_), names),
              fmt::format(
                  "GRANT CREATE ON SCHEMA {} TO {}; or run the command migrate once with a role that may.",
                  quoted(schema_), quoted(role_))));
    }
  }

  // In the schemas of the role's own search_path: migrations resolve names there, and tables that others
  // create in the target's schema may look like entity tables.
  void creators() {
    connection_.query("BEGIN");
    connection_.query("SET LOCAL search_path TO DEFAULT");
    const auto path = std::string(connection_.query("SELECT pg_catalog.current_schemas(false)").text(0, 0));
    connection_.query("ROLLBACK");
    for (const auto& [schema, creators] : target::open_schemas(connection_, path)) {
      findings_.warning(
          "target",
          fmt::format("Other roles may create objects in the schema {}: {}.", shortened(schema),
                      shortened(creators, 200)),
          fmt::format(
              "REVOKE CREATE ON SCHEMA {} FROM {}; Their tables are not loaded, but SQL in ENTITIES and "
              "triggers may call their functions and use their types.",
              schema, creators));
    }
  }

  void own_tables() {
    table("loader_deliveries", "SELECT,INSERT,UPDATE");
    table("loader_state", "SELECT,UPDATE");
    table("loader_writer", "UPDATE");
    table("loader_outbox", "SELECT,INSERT,UPDATE");
    table("loader_removals", "SELECT,INSERT");
    table("loader_rejects", "INSERT");
    table("loader_delivery_entities", "SELECT,INSERT");
    table("loader_migrations", "SELECT");
    table("loader_added_columns", "SELECT,INSERT,UPDATE");
    table("loader_holds", "SELECT,INSERT,UPDATE,DELETE");
  }

  void entities(const std::optional<BucketPrefixes>& prefixes) {
    const bool seen = target::table_exists(connection_, schema_, "loader_delivery_entities");
    const auto own = [&](const char* name) { return quoted(schema_) + "." + name; };
    const auto found = target::entity_tables(
        connection_, schema_,
        seen ? std::optional(target::LedgerTables{own("loader_deliveries"), own("loader_delivery_entities")})
             : std::nullopt);
    for (const auto& [name, error] : found.refused) findings_.problem("target", error);
    for (const auto& warning : found.warnings) findings_.warning("target", warning, "");
    const auto& tables = found.loadable;
    const auto known = found.names();
    tables_ = target::names_of(tables);
    for (const auto& [name, error] : found.refused) tables_.push_back(name);
    std::string names;
    for (const auto& [name, one] : tables) {
      names += (names.empty() ? "" : ", ") + shortened(name);
      if (one.source) names += fmt::format(" (source table {})", shortened(one.source->text()));
      table(name, entity_rights);
      shape(name, one);
      with_prefix(one, known, prefixes);
    }
    // A refused table counts as a table; its problem is reported.
    if (tables_.empty() && !creates_) {
      report_no_tables(prefixes);
    } else if (!tables.empty()) {
      findings_.good("target", fmt::format("{} in schema {} can be loaded: {}.",
                                           count_text(tables.size(), "table"), shortened(schema_), names));
    }
  }

  void citus() { check_citus(findings_, target::read_citus(connection_, schema_, tables_)); }

  void active_loader() {
    if (const auto loader = operate::active_loader(connection_, schema_)) {
      findings_.good("target", fmt::format("A loader is active: {}. Another one would stand by.", *loader));
    }
  }

  const std::string& schema() const { return schema_; }
  bool creates() const { return creates_; }

 private:
  std::string quoted(const std::string& name) const { return target::quoted_identifier(name); }

  void missing(const std::string& rights, const std::string& of) {
    findings_.problem(
        "target", Error::permission(
                      fmt::format("the role {} lacks the privilege {} on {}", shortened(role_), rights, of),
                      fmt::format("GRANT {} ON {} TO {};", rights, of, quoted(role_))));
  }

  void table(const std::string& name, const std::string& needed) {
    if (!target::table_exists(connection_, schema_, name)) return;
    const auto rows = connection_.query(std::string(sql::privileges), {schema_, name, needed});
    const auto qualified = quoted(schema_) + "." + quoted(name);
    if (!rows.null(0, 0)) missing(std::string(rows.text(0, 0)), qualified);
    if (rows.boolean(0, 1)) {
      findings_.problem(
          "target",
          Error::permission(
              fmt::format("row-level security of {} applies to the role {}", qualified, shortened(role_)),
              fmt::format(
                  "ALTER ROLE {1} BYPASSRLS; or ALTER TABLE {0} OWNER TO {1}; (without FORCE ROW LEVEL "
                  "SECURITY). If rows were hidden, the loader would lose updates and deletes.",
                  qualified, quoted(role_))));
    }
  }

  void shape(const std::string& name, const target::Table& one) {
    const auto rows = connection_.query(std::string(sql::table_shape), {schema_, name});
    if (!rows.boolean(0, 0)) {
      findings_.warning(
          "target", fmt::format("{} has no index on event_id.", one.qualified),
          fmt::format("CREATE INDEX ON {} (event_id); Consumers need it to read the rows after an event.",
                      one.qualified));
    }
    if (!rows.null(0, 1)) {
      findings_.warning(
          "target",
          fmt::format("{} has foreign keys, or other tables refer to it: {}.", one.qualified,
                      rows.text(0, 1)),
          "Drop them: files of different tables arrive in no common order, so rows may be rejected.");
    }
    if (!rows.null(0, 2)) {
      findings_.warning("target", fmt::format("{} has triggers: {}.", one.qualified, rows.text(0, 2)),
                        "Check that they don't change rows, which would make the counts wrong. They run for "
                        "every loaded row.");
    }
  }

  void with_prefix(const target::Table& table, const TableNames& tables,
                   const std::optional<BucketPrefixes>& prefixes) {
    if (!prefixes) return;
    const auto& name = table.name;
    const auto count = prefixes->of(name, tables).size();
    if (count == 0) {
      findings_.warning(
          "target",
          fmt::format(
              "The bucket has no prefix for the table {}{}.", shortened(name),
              table.source ? fmt::format(", whose comment names {}", shortened(table.source->text())) : ""),
          table.source ? "Correct the comment, or add the table to the replication task. Until then, nothing "
                         "is loaded into it."
                       : "Add the table to the replication task; or, if its source has another name, COMMENT "
                         "ON TABLE ... IS 'Source table: schema.table.'; Until then, nothing is loaded into "
                         "it.");
    }
    if (count > 1) {
      findings_.problem(
          "target",
          Error::configuration(
              fmt::format("{} prefixes of the bucket match the table {}", count, shortened(name)),
              "Create a table for each of them and name its source in a comment: COMMENT ON TABLE ... "
              "IS 'Source table: schema.table.'; or keep only one of them in bucket_path."));
    }
  }

  // The error with which a run would end.
  void report_no_tables(const std::optional<BucketPrefixes>& prefixes) {
    const auto unmatched = prefixes ? source::unmatched_text(prefixes->prefixes) : "";
    findings_.problem("target", Error::configuration(fmt::format("there is no table to load into{}{}",
                                                                 unmatched.empty() ? "" : "; ", unmatched),
                                                     source::unmatched_hint));
  }

  CheckReport& findings_;
  Connection& connection_;
  std::string schema_;
  std::string role_;
  std::vector<std::string> tables_;  // of entities, refused ones too
  bool may_create_ = false;
  bool creates_ = false;  // a run creates entity tables
};

}  // namespace

bool check_target(CheckReport& report, const target::TargetOptions& options, const Cancellation& stop,
                  const std::optional<BucketPrefixes>& prefixes) {
  bool creates = false;
  Connection connection(options.conninfo, stop);
  if (!attempt(report, "target", [&] { connection.connect(); })) return false;
  attempt(report, "target", [&] {
    const auto server = target::begin_session(connection);
    TargetCheck check(report, connection, server.schema);
    check.rights();
    check.creators();
    attempt(report, "target", [&] {
      const auto all = target::migrations_of(options.entities);
      const auto known = target::table_names_in(connection, check.schema());
      check.migrations(options.wanted_tables ? target::only_of_tables(all, options.wanted_tables(known))
                                             : all);
    });
    check.own_tables();
    check.entities(prefixes);
    if (server.citus) check.citus();
    check.active_loader();
    creates = check.creates();
  });
  return creates;
}

}  // namespace peo::operate
