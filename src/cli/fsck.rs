//! `fsck`: the store against itself and, if asked to, against deep storage.

use std::io::IsTerminal;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;

use crate::cli::kill::ask;
use crate::cli::{Place, needs_yes};
use crate::config::period::not_negative;
use crate::config::{Config, Guard};
use crate::deep_storage::DeepStorage;
use crate::druid::Instant;
use crate::engine::report::{Outcome, RunReport};
use crate::engine::{Request, Session, Stop, refuse, run};
use crate::error::{Error, Kind, Result};
use crate::exit_code;
use crate::fsck::report::FsckReport;
use crate::fsck::{Asked, Compared, NOT_LOOKED_AT, check, compare, is_hopeless};
use crate::ops::kill::{Orphans, refuse_copy};
use crate::render::show_fsck;
use crate::store::Store;

#[derive(Debug, Args)]
pub(super) struct FsckArgs {
    /// How many examples of each finding to show at most.
    #[arg(long, value_name = "N", default_value_t = 10)]
    limit: u32,
    /// Compare with the files in deep storage as well, both ways.
    #[arg(long)]
    deep_storage: bool,
    /// Do not compare indexes with their tables, which takes longest: a damaged index may stay unseen.
    #[arg(long)]
    quick: bool,
    /// A file that nothing names is an orphan when it is older than this.
    #[arg(long, value_name = "PERIOD", default_value = "P3D", requires = "deep_storage")]
    min_age: String,
    /// Delete orphans, through the journal.
    #[arg(long, requires = "deep_storage")]
    repair: bool,
    /// Delete orphans of these datasources alone [default: all that the store knows].
    #[arg(long = "datasource", value_name = "DATASOURCE", requires = "repair")]
    datasources: Option<Vec<String>>,
}

impl FsckArgs {
    pub(super) fn run(&self, place: &Place<'_>) -> Result<ExitCode> {
        let config = place.config()?;
        let wall = place.clock.now();
        let before = self.before(wall)?;
        let mut store = self.open(place)?;
        let stop = Stop::on_signals()?;
        store.interrupt_on(stop.flag())?;
        if self.repair
            && let Err(refused) = refuse_copy(&config, &place.global.store)
        {
            return Err(record(place, &config, &mut store, &stop, refused));
        }
        let asked = Asked { limit: self.limit, wall, compares_indexes: !self.quick };
        let mut report = check(&store, &asked).map_err(|error| stop.name_signal(error))?;
        if self.deep_storage && is_hopeless(&mut report) {
            if self.repair {
                refuse_when_in_doubt(place, &report)
                    .map_err(|refused| record(place, &config, &mut store, &stop, refused))?;
            }
        } else if self.deep_storage {
            let storage = DeepStorage::new(&config, stop.flag());
            if storage.places().all(|(_, prefix)| prefix.is_none()) {
                return Err(Error::usage("there is no deep storage to compare with")
                    .help("name its places in lopper.toml, such as [deep_storage.local]"));
            }
            storage.check().map_err(|error| stop.name_signal(error))?;
            let compared = compare(&store, &storage, &asked, before.millis(), &stop)
                .map_err(|error| stop.name_signal(error))?;
            let meant = self.meant(before, &compared);
            report = report.with_files(compared.findings, compared.report);
            if self.repair {
                refuse_when_in_doubt(place, &report)
                    .map_err(|refused| record(place, &config, &mut store, &stop, refused))?;
                self.confirm(place, &report)?;
                report.repair = Some(delete(place, &config, &mut store, &stop, &meant)?);
            }
        }
        place.print(&report, || show_fsck::fsck(&report))?;
        let is_partial = |run: &RunReport| run.outcome == Outcome::Partial;
        Ok(match report.repair.as_ref() {
            _ if report.errors > 0 => ExitCode::FAILURE,
            Some(run) if is_partial(run) => ExitCode::from(exit_code::PARTIAL),
            _ => ExitCode::SUCCESS,
        })
    }

    /// To look alone, a store that cannot be written does as well.
    fn open(&self, place: &Place<'_>) -> Result<Store> {
        let path = &place.global.store;
        if self.repair {
            return Store::open_to_check(path);
        }
        let (store, unlocked) = Store::open_to_look(path)?;
        if store.is_read_only() {
            tracing::warn!(
                "the store cannot be written: SQLite does not look at its CHECK constraints there"
            );
        }
        place.after.unlocked.replace(unlocked);
        Ok(store)
    }

    /// Files last written at this time or later are no orphans.
    fn before(&self, wall: Instant) -> Result<Instant> {
        let wrong = |error: &dyn std::fmt::Display| {
            Error::usage(format!("invalid --min-age: {error}"))
                .help("write for example P3D or PT12H")
        };
        let period = not_negative(&self.min_age).map_err(|error| wrong(&error))?;
        period.subtract_from(wall).map_err(|error| wrong(&error))
    }

    fn meant(&self, before: Instant, compared: &Compared) -> Orphans {
        Orphans {
            before_ms: before.millis(),
            datasources: self.datasources.clone(),
            newest: compared.newest,
        }
    }

    /// Shows what is found and asks, unless `--yes` has answered.
    fn confirm(&self, place: &Place<'_>, report: &FsckReport) -> Result<()> {
        if place.global.yes {
            return Ok(());
        }
        if !std::io::stdin().is_terminal() {
            return Err(needs_yes("fsck --repair", "look without --repair, then say --yes"));
        }
        place.print(report, || show_fsck::fsck(report))?;
        ask("Delete the orphans for good?")
    }
}

/// What the store says must be true before files are deleted by it. Files that are missing are an error too: the place
/// may be another cluster's. And segments whose files lie elsewhere may name the same files in another way.
fn refuse_when_in_doubt(place: &Place<'_>, report: &FsckReport) -> Result<()> {
    let (why, help) = if report.errors > 0 {
        (
            "there are findings of severity error, so no file is deleted",
            "mend them first; a missing file may mean that lopper.toml names another cluster's place",
        )
    } else if report.findings.iter().any(|finding| finding.code == NOT_LOOKED_AT) {
        (
            "some segments have their files where nobody has looked, so no file is deleted",
            "name their place in lopper.toml too: their load specs may mean the same files by another name",
        )
    } else {
        return Ok(());
    };
    place.print(report, || show_fsck::fsck(report))?;
    Err(Error::refused(why).help(help))
}

/// Records that a repair is refused: nothing is deleted, and the ledger has it.
fn record(
    place: &Place<'_>,
    config: &Config,
    store: &mut Store,
    stop: &Stop,
    refused: Error,
) -> Error {
    if refused.kind() != Kind::Refused {
        return refused;
    }
    if let Err(error) = store.allow_changes() {
        tracing::warn!("the refusal cannot be recorded in the ledger: {}", error.log_line());
        return refused;
    }
    let progress = place.progress();
    let mut session = Session::new(store, config, place.clock, stop, &progress);
    refuse(&mut session, &request(), refused)
}

fn request() -> Request {
    Request::command("fsck --repair", Guard::default(), Vec::new())
}

fn delete(
    place: &Place<'_>,
    config: &Config,
    store: &mut Store,
    stop: &Stop,
    meant: &Orphans,
) -> Result<RunReport> {
    let progress = place.progress();
    let mut session = Session::new(store, config, place.clock, stop, &progress);
    let request = Request { steps: vec![Arc::new(meant.clone())], ..request() };
    let report = run(&mut session, &request);
    progress.finish();
    report
}
