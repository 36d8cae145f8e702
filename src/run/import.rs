//! import: a dump of Druid's tables into the store, all or nothing. Here Rust goes through rows, because
//! they come from a file; each is put by prepared statements.

use std::collections::HashMap;
use std::path::Path;

use rusqlite::ToSql;

use super::put::{self, Known};
use super::segment_row::{Ready, ready};
use super::{Session, guard, ledger, mark};
use crate::dump::{DumpReader, Format, Item, ReadOptions, RuleRow, SegmentRow};
use crate::error::{Error, Result};
use crate::failpoint;
use crate::job::{DumpFormat, ImportStep, OnConflict};
use crate::report::escape::escape;
use crate::report::run::{ImportReport, StepReport, Warning};
use crate::store::sql;

/// Bad rows that an error lists, and that a warning tells of.
const SHOWN: usize = 20;

/// Where `--replace` remembers what the dump has, and what it has not.
const SEEN_TABLES: &str = "CREATE TEMP TABLE IF NOT EXISTS seen (segment_id INTEGER PRIMARY KEY);
     CREATE TEMP TABLE IF NOT EXISTS seen_rule (rule_id TEXT PRIMARY KEY);
     CREATE TEMP TABLE IF NOT EXISTS batch (segment_id INTEGER PRIMARY KEY);
     DELETE FROM temp.seen; DELETE FROM temp.seen_rule; DELETE FROM temp.batch;";

/// Rows between two looks at the progress bar and the stop signal.
const TICK: u64 = 1024;

struct Importer<'a, 's> {
    session: &'a mut Session<'s>,
    step: i64,
    options: &'a ImportStep,
    reason: i64,
    anything_killed: bool,
    datasources: HashMap<String, i64>,
    report: ImportReport,
    rules_seen: u64,
    bad: Vec<String>,
    bad_count: u64,
    changed: u64,
}

/// Reads the step's files into the store, within the caller's transaction.
pub(super) fn import(
    session: &mut Session<'_>,
    step: i64,
    options: &ImportStep,
    report: &mut StepReport,
) -> Result<()> {
    if options.replace && session.config.authoritative {
        return Err(Error::refused("import --replace removes metadata and keeps files, which orphans them where this store is the truth")
            .help("import without --replace, or let `lopper kill` remove segments with their files"));
    }
    session.store.batch("cannot prepare the import", SEEN_TABLES)?;
    let reason =
        ledger::reason(session, if options.replace { "import --replace" } else { "import" })?;
    let anything_killed =
        session
            .store
            .row("cannot read the journal", sql::import::HAS_KILLED, &[], |row| row.get(0))?;
    let mut importer = Importer {
        session,
        step,
        options,
        reason,
        anything_killed,
        datasources: HashMap::new(),
        report: ImportReport::default(),
        rules_seen: 0,
        bad: Vec::new(),
        bad_count: 0,
        changed: 0,
    };
    for file in &options.files {
        importer.file(file)?;
    }
    importer.judge_bad_rows(report)?;
    importer.remove_missing(report)?;
    report.set_changed(importer.changed);
    let found = std::mem::take(&mut importer.report);
    report.selected = found.inserted + found.updated + found.unchanged;
    report.import = Some(found);
    guard::locks(session, step, OnConflict::Fail, report)?;
    report.by_datasource = mark::changes(session, step)?;
    Ok(())
}

impl Importer<'_, '_> {
    fn file(&mut self, path: &Path) -> Result<()> {
        let format = self.options.format.map(|format| match format {
            DumpFormat::Csv => Format::Csv,
            DumpFormat::Jsonl => Format::Jsonl,
            DumpFormat::Sql => Format::Sql,
        });
        let mut reader =
            DumpReader::open(path, &ReadOptions { format, columns: self.options.columns.clone() })?;
        let name = escape(&path.display().to_string()).into_owned();
        tracing::info!(file = %name, format = reader.format(), "importing");
        self.session.progress.start(&format!("import {name}"), reader.total_bytes());
        let mut rows = 0_u64;
        while let Some(item) = reader.next()? {
            rows += 1;
            if rows.is_multiple_of(TICK) {
                self.session.progress.set(reader.bytes_read());
                self.session.stop.check()?;
            }
            match item {
                Item::Segment(row) => self.segment(&name, &row)?,
                Item::Rule(row) => self.rule(&name, &row)?,
                Item::Bad(bad) => self.bad(&name, bad.line, bad.column.as_deref(), &bad.message),
            }
        }
        let skipped = reader.skipped();
        self.report.skipped_other += skipped.statements + skipped.unpublished;
        self.session.progress.finish();
        Ok(())
    }

    fn bad(&mut self, file: &str, line: u64, column: Option<&str>, message: &str) {
        self.bad_count += 1;
        if self.bad.len() < SHOWN {
            let column = column.map(|column| format!(" column {column}:")).unwrap_or_default();
            self.bad.push(format!("{file}:{line}:{column} {}", escape(message)));
        }
    }

    /// Bad rows refuse the whole import, or are listed when they may be skipped.
    fn judge_bad_rows(&mut self, report: &mut StepReport) -> Result<()> {
        if self.bad_count == 0 {
            return Ok(());
        }
        let more = self.bad_count.saturating_sub(SHOWN as u64);
        let more = if more > 0 { format!("\n  … and {more} more") } else { String::new() };
        if !self.options.skip_invalid || self.options.replace {
            let rows = if self.bad_count == 1 { "row is" } else { "rows are" };
            return Err(Error::failed(format!(
                "{} {rows} wrong, and nothing was imported:\n  {}{more}",
                self.bad_count,
                self.bad.join("\n  ")
            ))
            .help(if self.options.replace {
                "mend the dump: with --replace, a row that cannot be read would count as a segment that is not there"
            } else {
                "mend the dump, or take the good rows alone with --skip-invalid"
            }));
        }
        self.report.skipped_invalid = self.bad_count;
        report.warnings.extend(self.bad.drain(..).map(|row| Warning::new("invalid-row", row)));
        if !more.is_empty() {
            report.warnings.push(Warning::new("invalid-row", more.trim().to_owned()));
        }
        Ok(())
    }

    fn segment(&mut self, file: &str, row: &SegmentRow) -> Result<()> {
        let new = match ready(row) {
            Ok(new) => new,
            Err(bad) => {
                self.bad(file, row.line, Some(bad.column), &bad.message);
                return Ok(());
            }
        };
        let segment = match put::find(self.session.store, &new, row)? {
            Some(known) if known.is_same => {
                self.report.unchanged += 1;
                known.segment
            }
            Some(known) => {
                if self.anything_killed && self.is_being_deleted(file, &new, row)? {
                    return Ok(());
                }
                self.update(known, &new, row)?;
                known.segment
            }
            None => match self.insert(file, &new, row)? {
                Some(segment) => segment,
                None => return Ok(()),
            },
        };
        if self.options.replace {
            let operation = "cannot remember what the dump has";
            let sql = "INSERT OR IGNORE INTO temp.seen (segment_id) VALUES (:segment)";
            self.session.store.execute(operation, sql, &[(":segment", &segment)])?;
        }
        Ok(())
    }

    fn update(&mut self, known: Known, new: &Ready, row: &SegmentRow) -> Result<()> {
        let store = &self.session.store;
        put::update(store, known.segment, new, row)?;
        if known.used != new.used {
            store.execute(
                "cannot record the change",
                sql::import::RECORD_CHANGE,
                &[
                    (":step", &self.step),
                    (":segment", &known.segment),
                    (":before", &known.used),
                    (":after", &new.used),
                    (":reason", &self.reason),
                ],
            )?;
            failpoint::reach("import::change-recorded");
            self.changed += 1;
        }
        self.report.updated += 1;
        Ok(())
    }

    /// Inserts a segment, unless lopper has killed it; answers its number.
    fn insert(&mut self, file: &str, new: &Ready, row: &SegmentRow) -> Result<Option<i64>> {
        if self.anything_killed && self.left_out(file, new, row)? {
            return Ok(None);
        }
        let datasource = self.datasource(&new.datasource)?;
        self.report.inserted += 1;
        put::insert(self.session.store, datasource, new, row).map(Some)
    }

    /// Whether a row must not come in: what was killed stays killed, and what is just being deleted is a bad row.
    fn left_out(&mut self, file: &str, new: &Ready, row: &SegmentRow) -> Result<bool> {
        if self.is_being_deleted(file, new, row)? {
            return Ok(true);
        }
        if self.options.resurrect {
            return Ok(false);
        }
        let killed: bool = self.session.store.row(
            "cannot read the deletion journal",
            sql::import::WAS_KILLED,
            &[(":id", &new.id)],
            |row| row.get(0),
        )?;
        self.report.skipped_killed += u64::from(killed);
        Ok(killed)
    }

    /// Whether a row's segment or file is just being deleted; it counts as a bad row then.
    fn is_being_deleted(&mut self, file: &str, new: &Ready, row: &SegmentRow) -> Result<bool> {
        let open: bool = self.session.store.row(
            "cannot read the deletion journal",
            sql::import::IS_BEING_DELETED,
            &[(":id", &new.id), (":file", &new.file), (":file_hash", &new.file_hash)],
            |row| row.get(0),
        )?;
        if open {
            let message = format!(
                "segment '{}' or its file is in the deletion journal; finish that with `lopper kill --resume`",
                new.id
            );
            self.bad(file, row.line, Some("id"), &message);
        }
        Ok(open)
    }

    fn datasource(&mut self, name: &str) -> Result<i64> {
        if let Some(number) = self.datasources.get(name) {
            return Ok(*number);
        }
        let operation = "cannot record a datasource";
        let store = &self.session.store;
        store.execute(operation, sql::import::ADD_DATASOURCE, &[(":name", &name)])?;
        failpoint::reach("import::datasource-added");
        let number =
            store.row(operation, sql::import::DATASOURCE, &[(":name", &name)], |row| row.get(0))?;
        self.datasources.insert(name.to_owned(), number);
        Ok(number)
    }

    fn rule(&mut self, file: &str, row: &RuleRow) -> Result<()> {
        self.rules_seen += 1;
        let is_chain = serde_json::from_str::<Vec<serde_json::Value>>(&row.payload).is_ok();
        if !is_chain || row.datasource.is_empty() {
            self.bad(
                file,
                row.line,
                Some("payload"),
                "expected a JSON array of rules and a datasource",
            );
            return Ok(());
        }
        let operation = "cannot store a rule";
        let store = &self.session.store;
        let put = store.execute(
            operation,
            sql::import::PUT_RULE,
            &[
                (":id", &row.id),
                (":datasource", &row.datasource),
                (":version", &row.version),
                (":payload", &row.payload),
            ],
        )?;
        failpoint::reach("import::rule-put");
        self.report.rules += put;
        self.report.rules_unchanged += 1 - put;
        if self.options.replace {
            let sql = "INSERT OR IGNORE INTO temp.seen_rule (rule_id) VALUES (:id)";
            store.execute(operation, sql, &[(":id", &row.id)])?;
        }
        Ok(())
    }

    /// `--replace`: what the dump does not have goes, of each table that the dump has at all. Metadata only.
    fn remove_missing(&mut self, report: &mut StepReport) -> Result<()> {
        if !self.options.replace {
            return Ok(());
        }
        let operation = "cannot remove what the dump does not have";
        let store = &self.session.store;
        if self.rules_seen > 0 {
            store.execute(operation, sql::import::REMOVE_MISSING_RULES, &[])?;
            failpoint::reach("import::missing-rules-removed");
        }
        if self.report.inserted + self.report.updated + self.report.unchanged == 0 {
            return Ok(());
        }
        self.report.removed = store.execute(operation, sql::import::CHOOSE_MISSING, &[])?;
        let rows: [(&str, &dyn ToSql); 2] = [(":step", &self.step), (":reason", &self.reason)];
        self.changed += store.execute(operation, sql::import::RECORD_REPLACED, &rows)?;
        failpoint::reach("import::missing-recorded");
        guard::locks(self.session, self.step, OnConflict::Fail, report)?;
        let store = &self.session.store;
        store.execute(
            operation,
            sql::apply::KEEP_NAMES,
            &[(":step", &self.step), (":how", &"replaced")],
        )?;
        failpoint::reach("import::missing-named");
        store.execute(operation, sql::apply::REMOVE, &[])?;
        failpoint::reach("import::missing-removed");
        Ok(())
    }
}
