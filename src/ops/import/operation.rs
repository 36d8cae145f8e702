//! import: a dump of Druid's tables into the store, all or nothing. Here Rust goes through rows, because
//! they come from a file; each is put by prepared statements.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::config::{At, OnConflict};
use crate::deep_storage::DeepStorage;
use crate::druid::DataSegment;
use crate::dump::{
    Content, Format, Item, OnDuplicate, Origin, ReadOptions, RuleRow, SegmentRow, SqlDialect,
    TableChoice,
};
use crate::engine::operation::{self, InputFile, Operation, StepContext};
use crate::engine::report::{ImportReport, StepReport};
use crate::engine::{Session, Stop, changes, guard, known, ledger};
use crate::error::{Error, Result};
use crate::escape::escape;
use crate::failpoint;
use crate::ops::import::bad_rows::BadRows;
use crate::ops::import::doubles::Doubles;
use crate::ops::import::halves::Halves;
use crate::ops::import::put::{self, Known};
use crate::ops::import::replace;
use crate::ops::import::resurrected::Resurrected;
use crate::ops::kill::references::References;
use crate::ops::{Arguments, DumpDialect, DumpFormat, ImportStep, Ready, ready};
use crate::store::sql;

/// Where an import remembers what the dump has, and what it has not.
const SEEN_TABLES: &str = "CREATE TEMP TABLE IF NOT EXISTS seen (segment_id INTEGER PRIMARY KEY);
     CREATE TEMP TABLE IF NOT EXISTS seen_rule (rule_id TEXT PRIMARY KEY);
     CREATE TEMP TABLE IF NOT EXISTS batch (segment_id INTEGER PRIMARY KEY);
     DELETE FROM temp.seen; DELETE FROM temp.seen_rule; DELETE FROM temp.batch;";

/// Rows between two looks at the progress bar and the stop signal.
const TICK: u64 = 1024;

/// What the store held when an import began.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Before {
    /// The highest number of a segment.
    pub newest: i64,
    /// Rule rows.
    pub rules: u64,
}

/// What was read of the dumps.
#[derive(Debug, Default)]
pub(crate) struct Read {
    pub report: ImportReport,
    /// Rule rows, the wrong ones too.
    pub rules_seen: u64,
    /// The numbers of the datasources that segments are of.
    pub datasources: BTreeSet<i64>,
    /// The numbers of those in which segments came or changed.
    pub touched: BTreeSet<i64>,
    /// Of which datasources which states were looked at.
    pub halves: Halves,
}

struct Importer<'a, 's> {
    session: &'a mut Session<'s>,
    references: References,
    resurrected: Resurrected,
    step: i64,
    options: &'a ImportStep,
    reason: i64,
    anything_killed: bool,
    before: Before,
    datasources: HashMap<String, i64>,
    read: Read,
    /// Whose tables the first file that tells it holds.
    origin: Option<(String, Origin)>,
    doubles: Doubles,
    bad: BadRows,
}

impl Operation for ImportStep {
    fn name(&self) -> &'static str {
        "import"
    }

    fn arguments(&self) -> Result<String> {
        operation::arguments(self.name(), self)
    }

    fn inputs(&self) -> Vec<InputFile<'_>> {
        let content = || Content::Dump(format(self));
        let input =
            |(index, path)| InputFile { at: At::Item("files", index), path, content: content() };
        self.files.iter().map(PathBuf::as_path).enumerate().map(input).collect()
    }

    fn apply(
        &self,
        session: &mut Session<'_>,
        step: StepContext,
        report: &mut StepReport,
    ) -> Result<()> {
        import(session, step.id, self, report)
    }
}

impl Arguments for ImportStep {
    fn anchor(&mut self, directory: &Path) {
        self.files.iter_mut().for_each(|file| *file = directory.join(&*file));
    }
}

/// Reads the step's files into the store, within the caller's transaction.
fn import(
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
    let before = before(session)?;
    session.store.execute("cannot note the import", sql::journal::RAISE_EPOCH, &[])?;
    let storage = DeepStorage::new(session.config, session.stop.flag());
    let references = References::to_ask(session.store, &storage)?;
    let resurrected = Resurrected::new(session, storage);
    let mut importer = Importer {
        session,
        references,
        resurrected,
        step,
        options,
        reason,
        anything_killed,
        before,
        datasources: HashMap::new(),
        read: Read::default(),
        origin: None,
        doubles: Doubles::default(),
        bad: BadRows::default(),
    };
    for file in &options.files {
        importer.file(file)?;
    }
    let skipped = std::mem::take(&mut importer.bad).judge(options, report)?;
    report.warnings.extend(importer.resurrected.warnings(importer.session)?);
    let mut read = importer.read;
    read.report.skipped_invalid = skipped;
    replace::judge_turned(session, step, &mut read.report)?;
    if options.replace {
        replace::remove_missing(session, step, options, reason, before, &mut read, report)?;
    } else {
        replace::count_missing(session, before, &mut read)?;
    }
    known::doubt(session, &read.touched)?;
    let found = read.report;
    report.set_changed(found.used_to_unused + found.unused_to_used + found.removed);
    report.selected = found.inserted + found.updated + found.unchanged;
    report.import = Some(found);
    guard::locks(session, step, OnConflict::Fail, report)?;
    report.by_datasource = changes::changes(session, step)?;
    Ok(())
}

fn before(session: &Session<'_>) -> Result<Before> {
    let operation = "cannot look at what is there before the import";
    let store = &session.store;
    Ok(Before {
        newest: store.row(operation, sql::import::NEWEST_SEGMENT, &[], |row| row.get(0))?,
        rules: store.row(operation, sql::import::COUNT_RULES, &[], |row| row.get(0))?,
    })
}

impl Importer<'_, '_> {
    fn file(&mut self, path: &Path) -> Result<()> {
        let mut reader =
            self.session.dumps.open(path, &read_options(self.options, self.session.stop))?;
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
                Item::Segment(row) => self.segment(path, &row)?,
                Item::Rule(row) => self.rule(path, &row)?,
                Item::Bad(bad) => {
                    self.settle(path, OnDuplicate::Refused);
                    self.bad.add(path, bad.line, bad.column.as_deref(), &bad.message);
                }
                Item::Settled(told) => self.settle(path, told),
            }
        }
        self.settle(path, OnDuplicate::Refused);
        self.check_origin(&name, reader.origin())?;
        let skipped = reader.skipped();
        self.read.report.skipped_other += skipped.statements + skipped.unpublished;
        self.session.progress.finish();
        Ok(())
    }

    /// Files of two Druids are not read as one.
    fn check_origin(&mut self, file: &str, origin: Option<Origin>) -> Result<()> {
        let Some(origin) = origin else { return Ok(()) };
        let Some((first, known)) = &self.origin else {
            self.origin = Some((file.to_owned(), origin));
            return Ok(());
        };
        let Some((kind, one, two)) = known.difference(&origin) else { return Ok(()) };
        let what = format!(
            "the files of one import hold Druid's tables of two {kind}: {first} those of {one}, {file} those of {two}"
        );
        Err(Error::usage(what)
            .help("import the files of one Druid alone; each Druid has a store of its own"))
    }

    /// Judges rows whose ids were there before, now that it is known what their statement makes of them.
    fn settle(&mut self, file: &Path, told: OnDuplicate) {
        let (rows, more) = self.doubles.settle(told);
        for bad in rows {
            self.bad.add(file, bad.line, Some("id"), &bad.message);
        }
        self.bad.add_more(more);
    }

    fn segment(&mut self, file: &Path, row: &SegmentRow) -> Result<()> {
        let mut new = match ready(row) {
            Ok(new) => new,
            Err(bad) => {
                self.bad.add(file, row.line, Some(bad.column), &bad.message);
                return Ok(());
            }
        };
        if !new.is_as_written
            && let Some(id) = put::id_of_the_same(self.session.store, &new)?
        {
            new.id = id;
        }
        let Some(known) = put::find(self.session.store, &new, row)? else {
            return self.insert(file, &new, row);
        };
        self.read.datasources.insert(known.datasource);
        self.read.halves.saw(known.datasource, row.holding, file);
        let is_first = self.is_first(known)?;
        if known.is_same {
            self.read.report.unchanged += 1;
            return Ok(());
        }
        if !is_first && self.doubles.keep_first(row.on_duplicate, row.line, &new.id) {
            return Ok(());
        }
        if self.anything_killed && self.is_being_deleted(file, &new, row)? {
            return Ok(());
        }
        self.update(known, &new, row)
    }

    /// Whether no row before was of that segment, which is remembered. What the import itself has brought was in one.
    fn is_first(&self, known: Known) -> Result<bool> {
        if known.segment > self.before.newest {
            return Ok(false);
        }
        let remembered = self.session.store.execute(
            "cannot remember what the dump has",
            sql::import::REMEMBER,
            &[(":segment", &known.segment)],
        )?;
        Ok(remembered > 0)
    }

    fn update(&mut self, known: Known, new: &Ready, row: &SegmentRow) -> Result<()> {
        self.read.touched.insert(known.datasource);
        let store = &self.session.store;
        put::update(store, known.segment, new, row)?;
        // What the import itself has brought was in no state before.
        if known.used != new.used && known.segment <= self.before.newest {
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
        }
        self.read.report.updated += 1;
        Ok(())
    }

    /// Inserts a segment, unless lopper has killed it.
    fn insert(&mut self, file: &Path, new: &Ready, row: &SegmentRow) -> Result<()> {
        if self.anything_killed && self.left_out(file, new, row)? {
            return Ok(());
        }
        let datasource = self.datasource(&new.datasource)?;
        self.read.datasources.insert(datasource);
        self.read.halves.saw(datasource, row.holding, file);
        self.read.touched.insert(datasource);
        self.read.report.inserted += 1;
        put::insert(self.session.store, datasource, new, row)
    }

    /// Whether a row must not come in: what was killed stays killed, and what is just being deleted is a bad row.
    fn left_out(&mut self, file: &Path, new: &Ready, row: &SegmentRow) -> Result<bool> {
        if self.is_being_deleted(file, new, row)? {
            return Ok(true);
        }
        let killed: bool = self.session.store.row(
            "cannot read the deletion journal",
            sql::import::WAS_KILLED,
            &[(":id", &new.id)],
            |row| row.get(0),
        )?;
        if killed && self.options.resurrect {
            self.resurrected.add(self.session, new)?;
            return Ok(false);
        }
        self.read.report.skipped_killed += u64::from(killed);
        Ok(killed)
    }

    /// Whether a row's segment or file is just being deleted; it counts as a bad row then.
    fn is_being_deleted(&mut self, file: &Path, new: &Ready, row: &SegmentRow) -> Result<bool> {
        let (store, load_type) = (&self.session.store, new.load_type.as_deref());
        let winding = winding_file(new, row);
        let named = new.file.as_deref().or(winding.as_deref());
        let open = self.references.is_being_deleted(store, &new.id, load_type, named)?;
        if open {
            let message = format!(
                "segment '{}' or its file is in the deletion journal; finish that with `lopper kill --resume`",
                new.id
            );
            self.bad.add(file, row.line, Some("id"), &message);
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

    fn rule(&mut self, file: &Path, row: &RuleRow) -> Result<()> {
        self.read.rules_seen += 1;
        let is_chain = serde_json::from_str::<Vec<serde_json::Value>>(&row.payload).is_ok();
        if !is_chain || row.datasource.is_empty() {
            self.bad.add(
                file,
                row.line,
                Some("payload"),
                "expected a JSON array of rules and a datasource",
            );
            return Ok(());
        }
        let operation = "cannot store a rule";
        let store = &self.session.store;
        let first = store.execute(operation, sql::import::REMEMBER_RULE, &[(":id", &row.id)])? > 0;
        if !first && self.is_kept_rule(row)? {
            return Ok(());
        }
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
        self.read.report.rules += put;
        self.read.report.rules_unchanged += 1 - put;
        Ok(())
    }

    /// Whether a rule row whose id was there before leaves the first as it is.
    fn is_kept_rule(&mut self, row: &RuleRow) -> Result<bool> {
        let is_same: bool = self.session.store.row(
            "cannot look for a rule",
            sql::import::IS_SAME_RULE,
            &[
                (":id", &row.id),
                (":datasource", &row.datasource),
                (":version", &row.version),
                (":payload", &row.payload),
            ],
            |row| row.get(0),
        )?;
        Ok(!is_same && self.doubles.keep_first(row.on_duplicate, row.line, &row.id))
    }
}

/// The file of a row whose path goes up with `..`, so that it has no key.
fn winding_file(new: &Ready, row: &SegmentRow) -> Option<String> {
    let payload = row.payload.as_deref().filter(|_| new.file.is_none())?;
    let load_spec = DataSegment::parse(payload).ok()?.load_spec?;
    Some(format!("file:{}", load_spec.winding_path()?))
}

/// How a step's dumps are to be read.
fn read_options(step: &ImportStep, stop: &Stop) -> ReadOptions {
    let dialect = step.dialect.and_then(|dialect| match dialect {
        DumpDialect::Auto => None,
        DumpDialect::MySql => Some(SqlDialect::MySql),
        DumpDialect::PostgreSql => Some(SqlDialect::PostgreSql),
        DumpDialect::Standard => Some(SqlDialect::Standard),
    });
    let tables = TableChoice {
        database: step.database.clone(),
        schema: step.schema.clone(),
        prefix: step.table_prefix.clone(),
    };
    ReadOptions {
        format: format(step),
        columns: step.columns.clone(),
        dialect,
        tables,
        stop: Some(Arc::clone(stop.flag())),
    }
}

/// The form that a step asks for.
fn format(step: &ImportStep) -> Option<Format> {
    step.format.map(|format| match format {
        DumpFormat::Csv => Format::Csv,
        DumpFormat::Jsonl => Format::Jsonl,
        DumpFormat::Sql => Format::Sql,
    })
}
