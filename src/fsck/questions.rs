//! The questions that a statement answers by itself.

use crate::error::Result;
use crate::fsck::Asked;
use crate::fsck::report::StoreFinding;
use crate::fsck::tally::{Kind, Tally};
use crate::rules::report::Severity::{self, Error, Info, Warning};
use crate::store::{Store, sql};

/// A statement of `sql/fsck/` whose every row is a finding: one column, a text that names it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Question {
    pub kind: Kind,
    statement: &'static str,
}

const fn question(
    code: &'static str,
    severity: Severity,
    statement: &'static str,
    message: &'static str,
    help: &'static str,
) -> Question {
    Question { kind: Kind { code, severity, message, help }, statement }
}

/// What SQLite's own check answers about a sound file.
const SOUND: &[u8] = b"ok";

const IMPORT_AGAIN: &str = "import the segment again from a dump, or restore a backup; where the store is the truth, restore a backup";

/// Asked first: with a damaged file, other answers may be wrong or fail.
pub(super) const DAMAGED: Question = question(
    "damaged-file",
    Error,
    sql::fsck::INTEGRITY_CHECK,
    "SQLite finds the file, or values in it, damaged (the first 10 messages)",
    "restore a backup, or import a fresh dump into a new store; keep the damaged file: its deletion journal may name files that are still to go",
);

/// The same without the indexes.
pub(super) const DAMAGED_TABLES: Question =
    Question { kind: DAMAGED.kind, statement: sql::fsck::QUICK_CHECK };

pub(super) const QUESTIONS: &[Question] = &[
    question(
        "dangling-reference",
        Error,
        sql::fsck::FOREIGN_KEYS,
        "rows that refer to rows which are not there",
        "something wrote past the program with foreign keys off; restore a backup, or import a fresh dump into a new store",
    ),
    question(
        "segment-without-payload",
        Error,
        sql::fsck::NO_PAYLOAD,
        "segments without a payload: the views do not show them, and nothing knows their files",
        IMPORT_AGAIN,
    ),
    question(
        "payload-without-segment",
        Error,
        sql::fsck::NO_SEGMENT,
        "payloads without a segment: an import of the segment would fail on its id",
        IMPORT_AGAIN,
    ),
    question(
        "twin-segment",
        Error,
        sql::fsck::TWIN_SEGMENTS,
        "segments that several rows claim to be (datasource, interval, version, partition): a damaged index lets an import double them, and a kill of one deletes the files of the other",
        "restore a backup, or import a fresh dump into a new store; kill nothing of it before",
    ),
    question(
        "twin-id",
        Error,
        sql::fsck::TWIN_IDS,
        "text ids that several rows have: a mark by id would change one of them",
        "restore a backup, or import a fresh dump into a new store",
    ),
    question(
        "odd-shard",
        Error,
        sql::fsck::ODD_SHARDS,
        "segments whose columns shard_type, core_partitions and shard do not go together: their datasource has no timeline, and passes leave it out",
        "import the segment again, with its payload",
    ),
    question(
        "overlapping-intervals",
        Error,
        sql::fsck::OVERLAPPING_INTERVALS,
        "used segments of one version whose different intervals overlap: there is no timeline, passes leave the datasource out, and Druid's coordinator fails",
        "mark one of the two unused by its id",
    ),
    question(
        "segments-not-shown",
        Error,
        sql::fsck::SEGMENTS_NOT_SHOWN,
        "the view druid_segments does not show what the table has: an export would be wrong",
        "the other findings say which rows; restore a backup where there are none",
    ),
    question(
        "rules-not-shown",
        Error,
        sql::fsck::RULES_NOT_SHOWN,
        "the view druid_rules does not show what the table has: an export would be wrong",
        "the view was changed by hand; restore a backup, or import into a new store",
    ),
    question(
        "pending-but-living",
        Error,
        sql::fsck::PENDING_BUT_LIVING,
        "files that the journal is about to delete although a segment names them",
        "run no kill; import the segment's true payload, or set the journal row to 'deferred' with SQL (UPDATE deletion SET state = 'deferred' WHERE …)",
    ),
    question(
        "change-of-nothing",
        Error,
        sql::fsck::CHANGES_OF_NOTHING,
        "changes in the ledger of segments that are neither there nor known to be gone: rows were deleted past the program, and their files are orphans",
        "restore a backup, or import the segments again from a dump",
    ),
    question(
        "changed-around-ledger",
        Warning,
        sql::fsck::CHANGED_AROUND,
        "segments whose state is not the one of their last change in the ledger: something changed the tables past the program",
        "change states with lopper, or with UPDATE druid_segments, which keep the ledger; mark them anew as they should be",
    ),
    question(
        "unknown-shard-type",
        Warning,
        sql::fsck::UNKNOWN_TYPES,
        "segments of shard spec types that this lopper does not know: their versions are never taken for complete, and hide nothing",
        "use a lopper that knows the type; until then, older versions below them stay used",
    ),
    question(
        "twin-rules",
        Warning,
        sql::fsck::TWIN_RULES,
        "versions of a chain that several rows claim to be: the one that came last holds here, and another may hold in Druid",
        "set the chain that is meant with `lopper rules set DATASOURCE FILE`",
    ),
    question(
        "sizes-beyond-64-bits",
        Warning,
        sql::fsck::SIZES_BEYOND_64_BITS,
        "datasources whose sizes come to more than 64 bits can hold: some size is wrong, and sums of bytes are too",
        "SELECT id, size FROM segments ORDER BY size DESC shows the largest; import them again with their payloads",
    ),
    question(
        "pending-file",
        Warning,
        sql::fsck::PENDING_FILES,
        "files that are to be deleted and are still there, as far as the journal knows",
        "`lopper kill --resume` tries them again; if a kill runs now, wait for it",
    ),
    question(
        "done-with-payload",
        Warning,
        sql::fsck::DONE_WITH_PAYLOAD,
        "closed rows of the journal that still hold a payload: they look as if they could be restored, and their files are gone",
        "harmless but large; UPDATE deletion SET payload = NULL WHERE state = 'done' empties them",
    ),
    question(
        "unended-run",
        Warning,
        sql::fsck::UNENDED_RUNS,
        "runs without an end that give no sign of life: they died",
        "the next run of any job closes them as died; run the job again, and `lopper kill --resume` if it was a kill",
    ),
    question(
        "overshadowed-nowhere",
        Warning,
        sql::fsck::OVERSHADOWED_NOWHERE,
        "what the last pass found hidden names segments that are not there",
        "`lopper enforce-rules DATASOURCE` looks anew",
    ),
    question(
        "boxes-nowhere",
        Warning,
        sql::fsck::BOXES_NOWHERE,
        "rules of the last pass that belong to no datasource",
        "harmless: nothing is decided by them; DELETE FROM rule_box empties the table, and the next pass fills it",
    ),
    question(
        "deferred-alone",
        Info,
        sql::fsck::DEFERRED_ALONE,
        "files that wait in the journal although nothing needs them any more: the next kill deletes them",
        "`lopper kill --resume` does it now",
    ),
    question(
        "empty-datasource",
        Info,
        sql::fsck::EMPTY_DATASOURCES,
        "datasources without segments",
        "nothing to do: the ledger still names them",
    ),
    question(
        "expired-lock",
        Info,
        sql::fsck::EXPIRED_LOCKS,
        "locks that expired more than a day ago: they hold nothing",
        "DELETE FROM locks WHERE id = … removes one",
    ),
];

/// Asks one question; its rows are counted, and some kept.
///
/// # Errors
/// SQLite's.
pub(super) fn ask(
    store: &Store,
    asked: &Asked,
    question: &Question,
) -> Result<Option<StoreFinding>> {
    let mut tally = Tally::new(question.kind, asked);
    store
        .connection
        .prepare(question.statement)
        .and_then(|mut statement| {
            let parameters =
                [(":limit", i64::from(asked.limit)), (":wall_ms", asked.wall.millis())];
            for (name, value) in parameters {
                if let Some(index) = statement.parameter_index(name)? {
                    statement.raw_bind_parameter(index, value)?;
                }
            }
            let mut rows = statement.raw_query();
            while let Some(row) = rows.next()? {
                let text = row.get_ref(0)?;
                if text.as_bytes() == Ok(SOUND) {
                    continue;
                }
                tally.add(|| {
                    text.as_bytes().map_or_else(
                        |_| "(no name)".to_owned(),
                        |bytes| String::from_utf8_lossy(bytes).into_owned(),
                    )
                });
            }
            Ok(())
        })
        .map_err(|error| {
            store.explain(&format!("cannot ask for '{}'", question.kind.code), error)
        })?;
    Ok(tally.finding())
}
