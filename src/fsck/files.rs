//! The store against deep storage, both ways: segments whose file is not there, and files that nothing names. A listing
//! goes into a temporary table on disk, so that memory does not grow with it; statements compare the two.

use std::collections::BTreeSet;

use rusqlite::ToSql;
use serde_json::json;

use crate::deep_storage::{DeepStorage, Doomed, Listed};
use crate::druid::{Instant, Interval};
use crate::engine::Stop;
use crate::error::Result;
use crate::failpoint;
use crate::fsck::Asked;
use crate::fsck::questions::DAMAGED;
use crate::fsck::report::{FilesReport, FsckReport, Orphans, StoreFinding};
use crate::fsck::schema::DIFFERS;
use crate::fsck::tally::{Kind, Tally};
use crate::fsck::undeletable::{self, UNDELETABLE};
use crate::ops::hash;
use crate::rules::report::Severity;
use crate::store::{Store, sql};

const EMPTY: Kind = Kind {
    code: "empty-place",
    severity: Severity::Error,
    message: "segments whose files should lie in a place that shows no file at all: it may not be mounted, or lopper.toml may \
              name another place",
    help: "mount it, or mend [deep_storage.…] in lopper.toml, and look again before you believe that files are missing",
};
const MISSING: Kind = Kind {
    code: "missing-file",
    severity: Severity::Error,
    message: "segments whose file is not in deep storage: no process of Druid can load them any more",
    help: "restore the files from a backup of deep storage; if they are lost, mark the segments unused and kill them",
};
const ORPHAN: Kind = Kind {
    code: "orphan-file",
    severity: Severity::Warning,
    message: "files in deep storage that neither a segment nor the journal names",
    help: "`lopper fsck --deep-storage --repair` deletes those that lie as Druid lays out segments, through the journal",
};
const ODD_KEY: Kind = Kind {
    code: "odd-key",
    severity: Severity::Warning,
    message: "files whose names no request can carry exactly (an empty part, `.` or `..`, control characters): no kill and no \
              --repair deletes them",
    help: "rename or delete them by the tools of the store, unless a segment names them",
};
const RETURNED: Kind = Kind {
    code: "closed-file-there",
    severity: Severity::Error,
    message: "killed segments that were closed as missing, and whose files are there",
    help: "`lopper kill --restore ID` takes them back whole",
};
const DELETED_THERE: Kind = Kind {
    code: "deleted-file-there",
    severity: Severity::Warning,
    message: "killed segments whose files were deleted, and are there again",
    help: "`lopper import FILE --resurrect` takes them back from a dump that has them; else their files are orphans, which \
           --repair deletes",
};
/// The finding that nobody has looked for some files.
pub const NOT_LOOKED_AT: &str = "not-looked-at";

const ELSEWHERE: Kind = Kind {
    code: NOT_LOOKED_AT,
    severity: Severity::Warning,
    message: "segments whose files lie in no place that lopper.toml names: nobody has looked for them, and --repair deletes nothing",
    help: "name the place in lopper.toml, under [deep_storage.…]; HDFS and others are not supported",
};

/// What is not asked of a damaged store.
const CODES: [&str; 7] = [
    EMPTY.code,
    MISSING.code,
    UNDELETABLE.code,
    ORPHAN.code,
    ODD_KEY.code,
    RETURNED.code,
    ELSEWHERE.code,
];

const OPERATION: &str = "cannot compare the store with deep storage";

/// What a comparison with deep storage has found.
#[derive(Debug)]
pub struct Compared {
    /// Findings of the kinds above.
    pub findings: Vec<StoreFinding>,
    /// What was listed, and the files that nothing names.
    pub report: FilesReport,
    /// The newest segment when named files were taken out of the listing.
    pub newest: i64,
}

/// Lists deep storage and compares. What nothing names stays in `temp.listed`; files last written at `before_ms` or
/// later are no orphans yet: a task pushes them before it publishes its segments.
///
/// # Errors
/// When a place cannot be listed to its end, a signal comes, or SQLite's.
pub fn compare(
    store: &Store,
    storage: &DeepStorage,
    asked: &Asked,
    before_ms: i64,
    stop: &Stop,
) -> Result<Compared> {
    // What was a snapshot for reading until now becomes one for a temporary table.
    store.batch(OPERATION, "COMMIT")?;
    store.allow_changes()?;
    store.batch(OPERATION, sql::fsck::LISTED_TABLE)?;
    let places: Vec<_> =
        storage.places().filter_map(|(kind, prefix)| Some((kind, prefix?))).collect();
    let newest = newest(store)?;
    let mut odd = Tally::new(ODD_KEY, asked);
    let (listed, shown) = list(store, storage, &places, stop, &mut odd)?;
    failpoint::reach("fsck::listed");
    let mut findings = Vec::new();
    findings.extend(odd.finding());
    findings.extend(missing(store, storage, (&places, &shown), newest, asked)?);
    findings.extend(undeletable::ask(store, storage, &places, asked)?);
    leave_journaled(store, storage)?;
    let newest = self::newest(store)?;
    store.execute(OPERATION, sql::fsck::LEAVE_DESCRIPTORS, &[])?;
    store.execute(OPERATION, sql::fsck::LEAVE_BELOW_FOLDERS, &[])?;
    store.execute(OPERATION, sql::fsck::LEAVE_NAMED, &[])?;
    findings.extend(returned(store, asked)?);
    store.execute(OPERATION, sql::fsck::LEAVE_MISSING, &[])?;
    let before: [(&str, &dyn ToSql); 1] = [(":before_ms", &before_ms)];
    store.execute(OPERATION, sql::fsck::LEAVE_YOUNG, &before)?;
    store.execute(OPERATION, sql::fsck::LEAVE_ODD, &[])?;
    let orphans = store.rows(OPERATION, sql::fsck::ORPHANS, &before, |row| {
        Ok(Orphans {
            datasource: row.get(0)?,
            is_known: row.get(1)?,
            files: row.get(2)?,
            size: row.get(3)?,
        })
    })?;
    findings.extend(orphan_finding(store, asked, before_ms, &orphans)?);
    findings.extend(elsewhere(store, asked, &places)?);
    Ok(Compared { findings, report: FilesReport { listed, orphans }, newest })
}

/// Whether a report leaves nothing to compare: what a damaged store says of its files cannot be trusted. The report
/// then tells what is not asked.
pub fn is_hopeless(report: &mut FsckReport) -> bool {
    let is_damaged =
        report.findings.iter().any(|one| [DAMAGED.kind.code, DIFFERS.code].contains(&&*one.code));
    if is_damaged {
        report.not_asked.extend(CODES.map(str::to_owned));
    }
    is_damaged
}

fn newest(store: &Store) -> Result<i64> {
    store.row(OPERATION, sql::fsck::NEWEST_SEGMENT, &[], |row| row.get(0))
}

/// Lists all places; answers how many files there are, and the kinds of places that show any, and counts those that
/// cannot be named exactly.
fn list(
    store: &Store,
    storage: &DeepStorage,
    places: &[(&'static str, String)],
    stop: &Stop,
    odd: &mut Tally,
) -> Result<(u64, BTreeSet<&'static str>)> {
    let (mut count, mut shown) = (0, BTreeSet::new());
    store.batch(OPERATION, "BEGIN")?;
    storage.list(&mut |listed| {
        stop.check()?;
        count += 1;
        let prefix = places.iter().find(|(kind, _)| *kind == listed.load_type);
        shown.extend(prefix.map(|(kind, _)| *kind));
        let (datasource, interval) = prefix.and_then(|(_, prefix)| layout(&listed, prefix)).unzip();
        let (start_ms, end_ms) =
            interval.map(|interval| (interval.start.millis(), interval.end.millis())).unzip();
        if !listed.is_exact {
            odd.add(|| listed.file.clone());
        }
        let parameters: [(&str, &dyn ToSql); 9] = [
            (":file", &listed.file),
            (":file_hash", &hash(&listed.file)),
            (":load_type", &listed.load_type),
            (":datasource", &datasource),
            (":start_ms", &start_ms),
            (":end_ms", &end_ms),
            (":size", &listed.size),
            (":modified_ms", &listed.modified_ms),
            (":is_exact", &listed.is_exact),
        ];
        store.execute(OPERATION, sql::fsck::LIST, &parameters).map(drop)
    })?;
    store.batch(OPERATION, "COMMIT")?;
    Ok((count, shown))
}

/// Whose segment a file could be, and of when: below the place, Druid puts a folder for the datasource, then one for the
/// interval (`start_end`), one for the version, and in it the segment's (`DataSegmentPusher.getDefaultStorageDir`).
fn layout<'a>(listed: &'a Listed, prefix: &str) -> Option<(&'a str, Interval)> {
    // A name that is no text cannot be told apart from others.
    let below = listed.file.strip_prefix(prefix).filter(|below| !below.contains('\u{fffd}'))?;
    let mut parts = below.split('/').filter(|part| !part.is_empty());
    let (datasource, interval) = (parts.next()?, interval(parts.next()?)?);
    (parts.count() >= 2).then_some((datasource, interval))
}

/// The interval that a folder is called by. Object stores may have `_` for the `:` of its times as well.
fn interval(folder: &str) -> Option<Interval> {
    let instant = |text: &str| {
        let (day, time) = text.split_once('T')?;
        Instant::parse(&format!("{day}T{}", time.replace('_', ":"))).ok()
    };
    Interval::parse_path(folder).ok().or_else(|| {
        let (start, end) = folder.split_once("Z_")?;
        Some(Interval { start: instant(&format!("{start}Z"))?, end: instant(end)? })
    })
}

/// Segments whose file was not listed, and is not there when it is asked for by itself either. Where their place shows
/// nothing at all, that comes first: what is behind a mount that failed is not lost.
fn missing(
    store: &Store,
    storage: &DeepStorage,
    (places, shown): (&[(&'static str, String)], &BTreeSet<&'static str>),
    newest: i64,
    asked: &Asked,
) -> Result<Vec<StoreFinding>> {
    let (mut empty, mut tally) = (Tally::new(EMPTY, asked), Tally::new(MISSING, asked));
    for (load_type, prefix) in places {
        let before = tally.count();
        let parameters: [(&str, &dyn ToSql); 3] =
            [(":load_type", load_type), (":prefix", prefix), (":newest", &newest)];
        store.each(OPERATION, sql::fsck::MISSING_FILES, &parameters, |row| {
            let (id, file, datasource): (String, String, String) =
                (row.get(0)?, row.get(1)?, row.get(2)?);
            let doomed = Doomed {
                load_type: Some(load_type),
                file: Some(&file),
                datasource: &datasource,
                orphan: false,
            };
            let found = storage.exists(&doomed).and_then(|is_there| {
                Ok(if is_there { Some(storage.real_name(&doomed)?) } else { None })
            });
            match found {
                Ok(Some(real)) => leave_real(store, real.as_deref())?,
                Ok(None) => tally.add(|| format!("{id}: {file}")),
                Err(error) => tally.add(|| format!("{id}: {error}")),
            }
            Ok(())
        })?;
        let found = tally.count() - before;
        if found > 0 && !shown.contains(load_type) {
            empty.add_all(found, vec![format!("{load_type} {prefix}")]);
        }
    }
    Ok([empty, tally].into_iter().filter_map(Tally::finding).collect())
}

/// Killed segments whose files are there although the journal has closed them. Those that were closed as missing are no
/// orphans: they can be restored.
fn returned(store: &Store, asked: &Asked) -> Result<Vec<StoreFinding>> {
    let (mut missing, mut deleted) =
        (Tally::new(RETURNED, asked), Tally::new(DELETED_THERE, asked));
    store.each(OPERATION, sql::fsck::CLOSED_FILES_THERE, &[], |row| {
        let (id, file, is_missing): (String, String, bool) =
            (row.get(0)?, row.get(1)?, row.get(2)?);
        let tally = if is_missing { &mut missing } else { &mut deleted };
        tally.add(|| format!("{id}: {file}"));
        Ok(())
    })?;
    Ok([missing, deleted].into_iter().filter_map(Tally::finding).collect())
}

/// A load spec may go through links, which a listing does not: takes out of it what is named so.
fn leave_real(store: &Store, real: Option<&str>) -> rusqlite::Result<()> {
    let Some(file) = real else { return Ok(()) };
    store
        .connection
        .prepare_cached(sql::fsck::LEAVE_REAL)
        .and_then(|mut statement| statement.execute(&[(":file", file)]))
        .map(drop)
}

/// As [`leave_real`], for files of open rows of the journal. A place that does not answer leaves nothing out, and the
/// repair to the deletion of that very row.
fn leave_journaled(store: &Store, storage: &DeepStorage) -> Result<()> {
    store.each(OPERATION, sql::fsck::JOURNALED_NOT_LISTED, &[], |row| {
        let (load_type, file): (Option<String>, String) = (row.get(0)?, row.get(1)?);
        let doomed = Doomed {
            load_type: load_type.as_deref(),
            file: Some(&file),
            datasource: "",
            orphan: false,
        };
        leave_real(store, storage.real_name(&doomed).ok().flatten().as_deref())
    })
}

fn orphan_finding(
    store: &Store,
    asked: &Asked,
    before_ms: i64,
    orphans: &[Orphans],
) -> Result<Option<StoreFinding>> {
    let parameters: [(&str, &dyn ToSql); 2] =
        [(":before_ms", &before_ms), (":limit", &asked.limit)];
    let files: Vec<String> =
        store.rows(OPERATION, sql::fsck::ORPHAN_FILES, &parameters, |row| row.get(0))?;
    let mut tally = Tally::new(ORPHAN, asked);
    tally.add_all(orphans.iter().map(|one| one.files).sum(), files);
    Ok(tally.finding())
}

fn elsewhere(
    store: &Store,
    asked: &Asked,
    places: &[(&'static str, String)],
) -> Result<Option<StoreFinding>> {
    let places = json!(places).to_string();
    let parameters: [(&str, &dyn ToSql); 1] = [(":places", &places)];
    let mut tally = Tally::new(ELSEWHERE, asked);
    store.each(OPERATION, sql::fsck::ELSEWHERE, &parameters, |row| {
        let (id, load_type, file): (String, Option<String>, Option<String>) =
            (row.get(0)?, row.get(1)?, row.get(2)?);
        tally.add(|| {
            let load_type = load_type.as_deref().unwrap_or("no load spec");
            format!("{id}: {load_type} {}", file.unwrap_or_default())
        });
        Ok(())
    })?;
    Ok(tally.finding())
}
