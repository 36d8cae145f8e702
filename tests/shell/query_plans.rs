//! What SQLite does for a question: looks up what has an index, and reads a whole table only where that is meant.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::Path;

use lopper::store::sql;
use rusqlite::Connection;

use crate::support::Lopper;

/// The steps of a statement: the shell draws a tree before them, SQLite itself numbers.
fn plan(lopper: &Lopper, statement: &str) -> Vec<String> {
    let answer = lopper.shell(&format!("EXPLAIN QUERY PLAN {statement}")).code(0);
    let step = |line: &&str| {
        line.rsplit('|').next().map(|step| step.trim_start_matches(['-', '`', ' ']).to_owned())
    };
    answer.lines().iter().filter_map(step).collect()
}

#[test]
fn one_row_is_found_by_its_id() {
    let lopper = Lopper::new().segments(["wiki 2015-09-12/P1D"]);
    for view in ["druid_segments", "segments"] {
        let plan = plan(&lopper, &format!("SELECT * FROM {view} WHERE id = 'x'"));
        assert!(
            plan.iter()
                .any(|line| line == "SEARCH p USING INDEX sqlite_autoindex_payload_1 (id=?)"),
            "{view}: {plan:#?}"
        );
        assert!(!plan.iter().any(|line| line.starts_with("SCAN")), "{view}: {plan:#?}");
    }
}

#[test]
fn an_update_reads_its_datasource_alone() {
    let lopper = Lopper::new().segments(["wiki 2015-09-12/P1D"]);
    for condition in
        ["start >= '2015-09-12'", "start_ms >= 1442016000000", "start_ms >= 0 AND end_ms <= 9"]
    {
        let plan = plan(
            &lopper,
            &format!(
                "UPDATE druid_segments SET used = 0 WHERE dataSource = 'wiki' AND {condition}"
            ),
        );
        assert!(
            plan.iter()
                .any(|line| line
                    .starts_with("SEARCH s USING INDEX segment_interval (datasource_id=?")),
            "{condition}: {plan:#?}"
        );
        // What the view has found goes through the triggers row by row.
        let scans: Vec<_> = plan.iter().filter(|line| line.starts_with("SCAN")).collect();
        assert_eq!(scans, ["SCAN druid_segments"], "{condition}");
    }
    let by_time = plan(
        &lopper,
        "UPDATE druid_segments SET used = 0 WHERE dataSource = 'wiki' AND start_ms >= 0",
    );
    let by_start = "SEARCH s USING INDEX segment_interval (datasource_id=? AND start_ms>?)";
    assert!(by_time.iter().any(|line| line == by_start), "{by_time:#?}");
}

/// EXPLAIN QUERY PLAN is silent about triggers; the bytecode is not. A `Rewind` begins to read a table from its
/// first row.
#[test]
fn the_triggers_of_a_mark_scan_no_table() {
    let lopper = Lopper::new().segments(["wiki 2015-09-12/P1D"]);
    let connection = lopper.connection();
    // As in the stock shell. (With them come scans that only a violated key would run.)
    connection.pragma_update(None, "foreign_keys", false).unwrap();
    let scanned = rewound(&connection, "UPDATE druid_segments SET used = 0 WHERE id = 'x'");
    assert!(scanned.programs > 1, "the trigger is a program of its own");
    // SQLite's own list of the highest numbers, which has a row a table; of the runs the last one; and the sixteen
    // lengths of locks.
    assert_eq!(
        scanned.tables,
        BTreeSet::from(["lock_span", "run", "sqlite_sequence"].map(str::to_owned))
    );
    // Without their index a statement would look among all locks: this test would see it.
    connection.execute_batch("DROP INDEX lock_datasource; DROP INDEX lock_by_span").unwrap();
    let scanned = rewound(&connection, "UPDATE druid_segments SET used = 0 WHERE id = 'x'");
    assert!(scanned.tables.contains("lock"));
}

struct Scanned {
    programs: usize,
    tables: BTreeSet<String>,
}

/// The tables and indexes that a statement, its triggers included, reads from their beginning.
fn rewound(connection: &Connection, statement: &str) -> Scanned {
    let mut names = HashMap::new();
    let mut roots =
        connection.prepare("SELECT rootpage, name FROM sqlite_schema WHERE rootpage > 0").unwrap();
    for root in roots.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap() {
        let (page, name): (i64, String) = root.unwrap();
        names.insert(page, name);
    }
    let mut explain = connection.prepare(&format!("EXPLAIN {statement}")).unwrap();
    let mut rows = explain.query([]).unwrap();
    let mut scanned = Scanned { programs: 0, tables: BTreeSet::new() };
    let mut cursors: BTreeMap<i64, String> = BTreeMap::new();
    while let Some(row) = rows.next().unwrap() {
        let opcode: String = row.get("opcode").unwrap();
        let (address, p1, p2): (i64, i64, i64) =
            (row.get("addr").unwrap(), row.get("p1").unwrap(), row.get("p2").unwrap());
        if address == 0 {
            scanned.programs += 1;
            cursors.clear();
        }
        match opcode.as_str() {
            "OpenRead" | "OpenWrite" | "ReopenIdx" => {
                cursors.insert(p1, names.get(&p2).cloned().unwrap_or_default());
            }
            "OpenEphemeral" | "OpenAutoindex" | "OpenPseudo" => {
                cursors.remove(&p1);
            }
            "Rewind" | "Last" => scanned.tables.extend(cursors.get(&p1).cloned()),
            _ => {}
        }
    }
    scanned
}

/// Tables that statements make for themselves.
const TEMPORARY: &str = "
    CREATE TEMP TABLE batch (segment_id INTEGER PRIMARY KEY);
    CREATE TEMP TABLE candidate (position INTEGER PRIMARY KEY, segment_id INTEGER NOT NULL);
    CREATE TEMP TABLE chosen (segment_id INTEGER PRIMARY KEY);
    CREATE TEMP TABLE finding_box (finding INTEGER, datasource_id INTEGER,
        start_min INTEGER, start_max INTEGER, end_min INTEGER, end_max INTEGER);
    CREATE TEMP TABLE seen (segment_id INTEGER PRIMARY KEY);
    CREATE TEMP TABLE seen_rule (rule_id TEXT PRIMARY KEY);
    CREATE TEMP TABLE tried (segment_id INTEGER PRIMARY KEY);";

/// Statements that read something whole, and why that is right.
const WHOLE: &[(&str, &str, &str)] = &[
    ("apply/doubt_overshadowed_of_batch.sql", "SCAN b", "the batch"),
    ("apply/keep_names.sql", "SCAN b", "the batch"),
    ("apply/keep_overshadowed.sql", "SCAN h", "what the pass has found"),
    ("apply/keep_rule_boxes.sql", "SCAN b", "the boxes of the pass"),
    ("apply/record_kill.sql", "SCAN b", "the batch"),
    ("export/changes.sql", "SCAN w", "what the run changed"),
    (
        "export/has_schema_columns.sql",
        "SCAN payload",
        "once before an export, which reads all payloads",
    ),
    ("export/rules.sql", "SCAN r USING INDEX rule_datasource", "rules are few"),
    (
        "export/segments.sql",
        "SCAN d USING COVERING INDEX sqlite_autoindex_datasource_1",
        "datasources are few",
    ),
    ("fsck/boxes_nowhere.sql", "SCAN b", "fsck reads all there is, once"),
    ("fsck/changed_around.sql", "SCAN c", "fsck reads all there is, once"),
    ("fsck/changed_around.sql", "SCAN h", "fsck reads all there is, once"),
    ("fsck/changes_of_nothing.sql", "SCAN c", "fsck reads all there is, once"),
    ("fsck/choose_orphans.sql", "SCAN (subquery-7)", "a page of the listing"),
    ("fsck/done_with_payload.sql", "SCAN j", "fsck reads all there is, once"),
    ("fsck/elsewhere.sql", "SCAN p", "fsck reads all there is, once"),
    (
        "fsck/empty_datasources.sql",
        "SCAN d USING COVERING INDEX sqlite_autoindex_datasource_1",
        "fsck reads all there is, once",
    ),
    ("fsck/expired_locks.sql", "SCAN l", "fsck reads all there is, once"),
    ("fsck/keep_orphans.sql", "SCAN o", "a page of orphans"),
    (
        "fsck/journaled_not_listed.sql",
        "SCAN j USING INDEX deletion_open",
        "every open row of the journal names a file",
    ),
    ("fsck/leave_young.sql", "SCAN temp.listed", "what nothing names"),
    ("fsck/leave_young.sql", "SCAN y", "what nothing names"),
    (
        "fsck/leave_below_folders.sql",
        "SCAN j USING INDEX deletion_open",
        "fsck reads all there is, once",
    ),
    ("fsck/leave_below_folders.sql", "SCAN p", "fsck reads all there is, once"),
    ("fsck/leave_descriptors.sql", "SCAN temp.listed", "what was listed"),
    ("fsck/leave_named.sql", "SCAN temp.listed", "what was listed"),
    (
        "fsck/leave_unmeant.sql",
        "SCAN d USING COVERING INDEX sqlite_autoindex_datasource_1",
        "datasources are few",
    ),
    ("fsck/locked_orphans.sql", "SCAN l", "what was listed"),
    ("fsck/locked_orphans.sql", "SCAN v", "the sixteen lengths of locks"),
    ("fsck/choose_orphans.sql", "SCAN v", "the sixteen lengths of locks"),
    ("rules/will_not_last.sql", "SCAN b", "the boxes of the pass"),
    ("rules/count_will_not_last.sql", "SCAN b", "the boxes of the pass"),
    ("rules/count_will_not_last.sql", "SCAN f", "what is in the boxes"),
    ("journal/twins_of_batch.sql", "SCAN f", "the files of the batch"),
    (
        "fsck/orphans.sql",
        "SCAN d USING COVERING INDEX sqlite_autoindex_datasource_1",
        "datasources are few",
    ),
    ("fsck/leave_unmeant.sql", "SCAN temp.listed", "what was listed"),
    ("fsck/move_orphans.sql", "SCAN o", "a page of orphans"),
    ("fsck/name_datasources.sql", "SCAN gone", "only a violated key would run it"),
    ("fsck/name_datasources.sql", "SCAN o", "a page of orphans"),
    ("fsck/no_payload.sql", "SCAN s", "fsck reads all there is, once"),
    (
        "fsck/no_segment.sql",
        "SCAN p USING COVERING INDEX sqlite_autoindex_payload_1",
        "fsck reads all there is, once",
    ),
    ("fsck/odd_shards.sql", "SCAN s", "fsck reads all there is, once"),
    ("fsck/orphan_files.sql", "SCAN l", "what was listed, to the limit"),
    ("fsck/orphans.sql", "SCAN l", "what was listed"),
    ("fsck/orphans_to_batch.sql", "SCAN o", "a page of orphans"),
    ("fsck/overlapping_intervals.sql", "SCAN (subquery-6)", "fsck reads all there is, once"),
    ("fsck/overlapping_intervals.sql", "SCAN (subquery-7)", "fsck reads all there is, once"),
    ("fsck/overlapping_intervals.sql", "SCAN c", "fsck reads all there is, once"),
    ("fsck/overlapping_intervals.sql", "SCAN f", "fsck reads all there is, once"),
    ("fsck/overlapping_intervals.sql", "SCAN g", "fsck reads all there is, once"),
    ("fsck/overlapping_intervals.sql", "SCAN s", "fsck reads all there is, once"),
    ("fsck/overshadowed_nowhere.sql", "SCAN o", "fsck reads all there is, once"),
    ("fsck/rules_not_shown.sql", "SCAN n", "fsck reads all there is, once"),
    (
        "fsck/rules_not_shown.sql",
        "SCAN rule USING COVERING INDEX sqlite_autoindex_rule_1",
        "fsck reads all there is, once",
    ),
    ("fsck/segments.sql", "SCAN s", "fsck reads all there is, once"),
    ("fsck/segments_not_shown.sql", "SCAN n", "fsck reads all there is, once"),
    ("fsck/segments_not_shown.sql", "SCAN s", "fsck reads all there is, once"),
    (
        "fsck/segments_not_shown.sql",
        "SCAN segment USING COVERING INDEX segment_interval",
        "fsck reads all there is, once",
    ),
    (
        "fsck/twin_rules.sql",
        "SCAN r USING COVERING INDEX rule_datasource",
        "fsck reads all there is, once",
    ),
    ("fsck/unended_runs.sql", "SCAN r", "fsck reads all there is, once"),
    ("fsck/files_of_page.sql", "SCAN o", "a page of orphans"),
    ("fsck/leave_referred.sql", "SCAN temp.orphan", "a page of orphans"),
    ("fsck/closed_files_there.sql", "SCAN j", "fsck reads all there is, once"),
    ("fsck/leave_missing.sql", "SCAN j USING INDEX deletion_missing", "what was closed as missing"),
    ("journal/files_of_batch.sql", "SCAN b", "the batch"),
    ("journal/keep_surveyed.sql", "SCAN temp.batch", "the batch"),
    ("journal/local_files.sql", "SCAN s", "what lies on a disk is named by the disk, once a kill"),
    (
        "journal/nameless_files.sql",
        "SCAN p USING INDEX payload_nameless",
        "tombstones, and what nobody understands",
    ),
    ("journal/release.sql", "SCAN j USING INDEX deletion_missing", "what was closed as missing"),
    ("journal/release.sql", "SCAN j USING INDEX deletion_open", "what is open"),
    ("journal/sample_newest.sql", "SCAN s", "until a few are found"),
    ("journal/sample_oldest.sql", "SCAN s", "until a few are found"),
    ("journal/workers.sql", "SCAN j USING INDEX deletion_missing", "what was closed as missing"),
    ("guard/changed_percent.sql", "SCAN m", "the run's datasources"),
    ("guard/removed_percent.sql", "SCAN b", "the batch"),
    ("guard/removed_untold.sql", "SCAN b", "the batch"),
    ("guard/removed_percent.sql", "SCAN h", "the import's datasources"),
    ("guard/removed_percent.sql", "SCAN t", "what the import removes and turns"),
    (
        "import/choose_missing.sql",
        "SCAN s USING COVERING INDEX segment_interval",
        "--replace asks of every segment",
    ),
    ("fsck/unknown_types.sql", "SCAN s USING INDEX segment_unknown_type", "only what it finds"),
    (
        "import/count_rules.sql",
        "SCAN rule USING COVERING INDEX sqlite_autoindex_rule_1",
        "rules are few",
    ),
    ("import/overwritten_marks.sql", "SCAN earlier", "earlier changes of what the import turned"),
    ("import/overwritten_marks.sql", "SCAN l", "what the import turned"),
    ("import/has_killed.sql", "SCAN gone", "once an import; ends at the first killed segment"),
    ("import/record_replaced.sql", "SCAN b", "the batch"),
    (
        "import/remove_missing_rules.sql",
        "SCAN rule",
        "--replace asks of every rule, and they are few",
    ),
    ("guard/leave_hidden_alone.sql", "SCAN h", "what the sweep has found hidden"),
    (
        "journal/count_open.sql",
        "SCAN j USING INDEX deletion_open",
        "every open row of the journal counts",
    ),
    ("journal/count_open.sql", "SCAN w", "what other workers are at"),
    ("journal/defer.sql", "SCAN k", "the relatives of the batch"),
    ("journal/defer.sql", "SCAN m", "the names of the batch"),
    ("fsck/files_of_place.sql", "SCAN s", "fsck reads all there is, once"),
    ("fsck/schema.sql", "SCAN s", "fsck reads all there is, once"),
    ("journal/batch.sql", "SCAN b", "the batch"),
    ("journal/claimed_of_batch.sql", "SCAN b", "the batch"),
    ("journal/defer.sql", "SCAN b", "the batch"),
    ("journal/defer.sql", "SCAN n", "what the batch must wait for"),
    ("journal/last_of_batch.sql", "SCAN b", "the batch"),
    ("journal/meant_to_restore.sql", "SCAN meant", "what the command line names"),
    ("journal/move.sql", "SCAN b", "the batch"),
    ("journal/record_restored.sql", "SCAN b", "the batch"),
    ("journal/restore_payloads.sql", "SCAN b", "the batch"),
    ("journal/restore_segments.sql", "SCAN b", "the batch"),
    ("journal/twins_of_batch.sql", "SCAN b", "the batch"),
    (
        "journal/workers.sql",
        "SCAN j USING INDEX deletion_open",
        "every open row may be claimed by another",
    ),
    ("ledger/add_overshadowed_reasons.sql", "SCAN change", "only a violated key would run it"),
    ("ledger/add_overshadowed_reasons.sql", "SCAN h", "what the pass has found"),
    ("ledger/add_rule_reasons.sql", "SCAN b", "the boxes of the pass"),
    ("ledger/add_rule_reasons.sql", "SCAN change", "only a violated key would run it"),
    ("ledger/due_failure_hooks.sql", "SCAN h", "failures that nobody has heard of are few"),
    ("ledger/history.sql", "SCAN r", "from the newest run, to the limit"),
    (
        "ledger/nothing_came_of_it.sql",
        "SCAN gone USING COVERING INDEX gone_id",
        "ends at the first row",
    ),
    ("ledger/nothing_came_of_it.sql", "SCAN job", "ends at the first row"),
    (
        "ledger/nothing_came_of_it.sql",
        "SCAN lock USING COVERING INDEX lock_by_span",
        "ends at the first row",
    ),
    (
        "ledger/nothing_came_of_it.sql",
        "SCAN rule USING COVERING INDEX sqlite_autoindex_rule_1",
        "ends at the first row",
    ),
    ("ledger/nothing_came_of_it.sql", "SCAN run", "a new store's runs are few"),
    (
        "ledger/nothing_came_of_it.sql",
        "SCAN segment USING COVERING INDEX segment_interval",
        "ends at the first row",
    ),
    ("ledger/open_runs.sql", "SCAN r USING INDEX run_open", "runs that have not ended are few"),
    ("ledger/open_runs.sql", "SCAN s", "runs in their first transaction are few"),
    ("ledger/starting_runs.sql", "SCAN s", "runs in their first transaction are few"),
    ("ledger/renew_runs.sql", "SCAN run USING INDEX run_open", "runs that have not ended are few"),
    ("lock/give_back.sql", "SCAN lock", "locks are few"),
    ("lock/list.sql", "SCAN l USING INDEX lock_datasource", "locks are few"),
    ("lock/overlook.sql", "SCAN lock", "locks are few"),
    ("lock/remove.sql", "SCAN lock", "locks are few"),
    ("lock/renew.sql", "SCAN lock", "locks are few"),
    ("lock/take_for_batch.sql", "SCAN b", "the batch"),
    ("lock/workers.sql", "SCAN lock", "locks are few"),
    ("metrics/datasources.sql", "SCAN n", "datasources are few"),
    ("metrics/datasources.sql", "SCAN segment", "counts all there are, in a hundredth of the time"),
    ("metrics/hook_failures.sql", "SCAN h", "hooks that failed are few"),
    ("metrics/jobs.sql", "SCAN job", "jobs are few"),
    (
        "metrics/journal.sql",
        "SCAN deletion USING INDEX deletion_open",
        "every open row of the journal counts",
    ),
    ("metrics/running.sql", "SCAN run USING INDEX run_open", "runs that have not ended are few"),
    ("metrics/running.sql", "SCAN starting_run", "runs in their first transaction are few"),
    ("rules/count_finding_boxes.sql", "SCAN b", "what findings are about: boxes by the hundred"),
    (
        "rules/governed.sql",
        "SCAN d USING COVERING INDEX sqlite_autoindex_datasource_1",
        "datasources are few",
    ),
    ("rules/governed.sql", "SCAN n", "datasources are few"),
    ("rules/governed.sql", "SCAN r USING COVERING INDEX rule_datasource", "rules are few"),
    ("rules/governed.sql", "SCAN u", "datasources are few"),
    ("rules/in_force.sql", "SCAN r USING INDEX rule_datasource", "rules are few"),
    (
        "rules/has_rules.sql",
        "SCAN rule USING COVERING INDEX sqlite_autoindex_rule_1",
        "ends at the first rule",
    ),
    ("rules/unmatched.sql", "SCAN b", "the boxes of the pass"),
    ("schedule/directories.sql", "SCAN job", "jobs are few"),
    ("schedule/jobs.sql", "SCAN job", "jobs are few"),
    ("schedule/store_id.sql", "SCAN identity", "it has one row"),
    ("schedule/suspend_others.sql", "SCAN job", "jobs are few"),
    ("select/batch_by_datasource.sql", "SCAN b", "the batch"),
    ("select/changed_by_reason.sql", "SCAN g", "what the step changes, by datasource and reason"),
    ("select/chosen.sql", "SCAN c", "what --where has chosen"),
    (
        "select/datasource_names.sql",
        "SCAN d USING COVERING INDEX sqlite_autoindex_datasource_1",
        "datasources are few",
    ),
    (
        "select/datasources.sql",
        "SCAN d USING COVERING INDEX sqlite_autoindex_datasource_1",
        "datasources are few",
    ),
    ("select/dropped_by_rules.sql", "SCAN b", "the boxes of the pass"),
    ("select/overshadowed.sql", "SCAN h", "what the pass has found"),
    (
        "select/unknown_patterns.sql",
        "SCAN d USING COVERING INDEX sqlite_autoindex_datasource_1",
        "datasources are few",
    ),
    ("select/kept.sql", "SCAN u", "what is unused, once, or a version's characters"),
    ("select/kept.sql", "SCAN v", "what is unused, once, or a version's characters"),
    ("select/kept.sql", "SCAN walk", "what is unused, once, or a version's characters"),
    ("select/kept.sql", "SCAN (subquery-10)", "what is unused, once, or a version's characters"),
    ("select/kept.sql", "SCAN p", "what is unused, once, or a version's characters"),
    ("lock/gather.sql", "SCAN k USING COVERING INDEX lock_datasource", "every lock, once"),
    ("lock/gather.sql", "SCAN l", "every lock, once"),
    ("lock/gather.sql", "SCAN (subquery-6)", "every lock, once"),
    ("lock/gather.sql", "SCAN b", "every lock, once"),
    ("lock/gather.sql", "SCAN (subquery-5)", "every lock, once"),
    ("lock/gather.sql", "SCAN r", "every lock, once"),
    ("lock/is_gathered.sql", "SCAN a", "one row"),
    ("select/killable.sql", "SCAN i", "the intervals of the batch"),
    ("guard/locked.sql", "SCAN temp.locked EXISTS", "ends at the first row"),
    ("guard/leave_locked_alone.sql", "SCAN temp.locked", "ends at the first row"),
    ("select/datasources.sql", "SCAN w", "patterns with wildcards"),
    ("rules/unmatched.sql", "SCAN u", "what the boxes hold"),
    ("rules/count_finding_boxes.sql", "SCAN f", "findings are few"),
    ("fsck/twin_segments.sql", "SCAN s", "fsck reads all there is, once"),
    ("fsck/twin_segments.sql", "SCAN t", "fsck reads all there is, once"),
    ("fsck/sizes_beyond_64_bits.sql", "SCAN s", "fsck reads all there is, once"),
    ("fsck/sizes_beyond_64_bits.sql", "SCAN n", "fsck reads all there is, once"),
    ("fsck/twin_ids.sql", "SCAN p", "fsck reads all there is, once"),
    ("fsck/leave_odd.sql", "SCAN temp.listed", "what was listed"),
    ("fsck/unknown_datasources.sql", "SCAN l", "what was listed"),
    ("select/eternity_tombstones.sql", "SCAN b", "the boxes of the pass"),
    ("select/eternity_tombstones.sql", "SCAN d", "datasources of tombstones"),
    ("select/eternity_tombstones.sql", "SCAN i", "intervals of tombstones"),
    ("select/eternity_tombstones.sql", "SCAN t", "eternity tombstones"),
    ("select/eternity_tombstones.sql", "SCAN w", "versions of their intervals"),
    ("timeline/hidden_and_used.sql", "SCAN h", "what the pass has found"),
    ("timeline/in_grace.sql", "SCAN h", "what the pass has found"),
];

#[test]
fn statements_read_nothing_whole_but_what_they_mean_to() {
    let lopper = Lopper::new().segments(["wiki 2015-09-12/P1D"]);
    let connection = lopper.connection();
    connection.execute_batch(TEMPORARY).unwrap();
    connection.execute_batch(sql::temp::REFERENCES).unwrap();
    connection.execute_batch(sql::rules::BOX_TABLE).unwrap();
    connection.execute_batch(sql::timeline::HIDDEN_TABLE).unwrap();
    connection.execute_batch(sql::fsck::LISTED_TABLE).unwrap();
    connection.execute_batch(sql::select::KEPT_TABLE).unwrap();
    connection.execute_batch(sql::lock::RANGE_TABLE).unwrap();
    let mut found = BTreeSet::new();
    let mut count = 0;
    for folder in [
        "select", "guard", "apply", "import", "export", "fsck", "journal", "ledger", "lock",
        "metrics", "rules", "schedule", "timeline",
    ] {
        for (name, statement) in statements(folder) {
            if statement.contains("CREATE TEMP TABLE") {
                continue;
            }
            count += 1;
            let mut explain =
                connection.prepare(&format!("EXPLAIN QUERY PLAN {statement}")).unwrap();
            // Parameters are NULL: a plan does not hang on their values.
            let lines = explain.raw_query().mapped(|row| row.get::<_, String>("detail"));
            let scans = lines.map(Result::unwrap).filter(|line| {
                line.starts_with("SCAN")
                    && !line.contains("VIRTUAL TABLE") // a parameter's list
                    && line != "SCAN CONSTANT ROW"
            });
            found.extend(scans.map(|line| (name.clone(), line)));
        }
    }
    assert!(count > 50, "only {count} statements were found");
    let meant = WHOLE.iter().map(|(name, line, _)| ((*name).to_owned(), (*line).to_owned()));
    let meant: BTreeSet<_> = meant.collect();
    let surprising: Vec<_> = found.difference(&meant).collect();
    let stale: Vec<_> = meant.difference(&found).collect();
    assert!(
        surprising.is_empty() && stale.is_empty(),
        "not meant: {surprising:#?}\nno longer so: {stale:#?}"
    );
}

fn statements(folder: &str) -> Vec<(String, String)> {
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("sql").join(folder);
    let entries = fs::read_dir(place).unwrap().map(|entry| entry.unwrap());
    let read = |entry: fs::DirEntry| {
        let name = format!("{folder}/{}", entry.file_name().display());
        (name, fs::read_to_string(entry.path()).unwrap())
    };
    entries.map(read).collect()
}
