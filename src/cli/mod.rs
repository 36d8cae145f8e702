//! The command line: arguments in, call, report out. One file per subcommand.

mod answer;
mod completions;
mod enforce;
mod explain;
mod export;
mod fsck;
mod history;
mod import;
mod jobs;
mod kill;
mod lock;
mod man;
mod mark;
mod metrics;
mod rules;
mod run;
mod schedule;

use std::cell::RefCell;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::LazyLock;

use answer::{Forms, print_text};
use clap::{Args, Parser, Subcommand, ValueEnum};
use metrics::MetricsFile;
use serde::Serialize;

use crate::clock::Clock;
use crate::config::period::positive;
use crate::config::{Config, Guard, InstantExpression, Mistake, flag_error};
use crate::druid::{Instant, Period};
use crate::engine::report::{Outcome, RunReport};
use crate::engine::{Request, Session, Stop};
use crate::error::{Error, Kind, Result};
use crate::log;
use crate::ops::{Step, StepSpec};
use crate::progress::Progress;
use crate::store::{Missing, Store, Unlocked};

/// How often a command begins anew whose new store another process removes meanwhile.
const ATTEMPTS: u32 = 5;

/// Prunes the segments of Apache Druid: marks them used and unused and deletes them for good, as
/// transactional SQL with preview, ledger and deletion journal.
#[derive(Debug, Parser)]
#[command(name = "lopper", version = version(), max_term_width = 100)]
pub struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
struct Global {
    /// The store, a SQLite file.
    #[arg(
        long,
        global = true,
        env = "LOPPER_STORE",
        default_value = "lopper.db",
        value_name = "FILE"
    )]
    store: PathBuf,
    /// The installation's settings [default: lopper.toml beside the store].
    #[arg(long, global = true, env = "LOPPER_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// How results are printed on stdout.
    #[arg(long, global = true, value_enum, default_value_t, value_name = "FORM")]
    output: Output,
    /// How the log is written on stderr.
    #[arg(long, global = true, value_enum, default_value_t, value_name = "FORM")]
    log_format: LogFormat,
    /// Log more (-v: what is done, -vv: details).
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
    /// Log errors and what runs warn of alone, and print nothing of a run that is done.
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
    /// Do not ask.
    #[arg(long, global = true)]
    yes: bool,
    /// Draw no progress bars.
    #[arg(long, global = true)]
    no_progress: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Output {
    /// Aligned text for people.
    #[default]
    Table,
    /// One JSON object.
    Json,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum LogFormat {
    /// Lines for people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Read dumps of Druid's segment and rule tables into the store.
    Import(import::ImportArgs),
    /// Write the store's segments or rules, or a run's changes, for Druid's own database.
    Export(export::ExportArgs),
    /// Run job files.
    Run(run::RunArgs),
    /// Show what job files would do: the same statements, rolled back.
    Plan(run::PlanArgs),
    /// Mark segments unused: Druid stops serving them; nothing is deleted.
    MarkUnused(mark::MarkUnusedArgs),
    /// Mark segments used again.
    MarkUsed(mark::MarkUsedArgs),
    /// Mark unused what newer versions hide and what the drop rules drop.
    EnforceRules(enforce::EnforceRulesArgs),
    /// Delete unused segments for good: metadata and files.
    Kill(kill::KillArgs),
    /// Tell why a segment is as it is and what becomes of it, or what the rules and jobs will do to a datasource.
    Explain(explain::ExplainArgs),
    /// Show past runs, or one run with its steps and changes.
    History(history::HistoryArgs),
    /// Lock intervals that someone works on, list the locks, and remove them.
    Lock(lock::LockArgs),
    /// Show, set and check the chains of rules.
    Rules(rules::RulesArgs),
    /// Check the store against itself, and against deep storage; delete files that nothing names.
    Fsck(fsck::FsckArgs),
    /// List and check job files.
    Jobs(jobs::JobsArgs),
    /// Run the jobs of a directory when their schedules say so, until a signal ends it.
    Schedule(schedule::ScheduleArgs),
    /// Print the script by which a shell completes this command line.
    Completions(completions::CompletionsArgs),
    /// Write manual pages for man(1), one for each command.
    Man(man::ManArgs),
}

/// When, and whether only to look.
#[derive(Debug, Args)]
struct When {
    /// Show what would happen, and change nothing.
    #[arg(short = 'n', long)]
    dry_run: bool,
    /// Decide as if it were then: an instant, or `now-P1D`.
    #[arg(long, value_name = "INSTANT")]
    at: Option<String>,
}

/// Limits of one command.
#[derive(Debug, Args)]
struct GuardArgs {
    /// Refuse to change more segments than this.
    #[arg(long, value_name = "N")]
    max_segments: Option<u64>,
    /// Refuse to change a larger share of a datasource than this.
    #[arg(long, value_name = "PERCENT", value_parser = percent)]
    max_percent: Option<f64>,
}

fn percent(text: &str) -> std::result::Result<f64, String> {
    text.parse()
        .ok()
        .filter(|percent| (0.0..=100.0).contains(percent))
        .ok_or_else(|| "expected a number from 0 to 100".to_owned())
}

/// A period in which time passes, such as `PT10M`.
fn positive_period(text: &str) -> std::result::Result<Period, String> {
    positive(text).map_err(|error| format!("{error}; write for example PT10M"))
}

/// The version, with that of the time zones by which schedules go.
fn version() -> &'static str {
    static VERSION: LazyLock<String> =
        LazyLock::new(|| format!("{} ({})", env!("CARGO_PKG_VERSION"), crate::zones::version()));
    &VERSION
}

/// Runs the command line of this process; answers its exit code.
pub fn main() -> ExitCode {
    let cli = match answer::command_line() {
        Ok(cli) => cli,
        Err(code) => return code,
    };
    let global = &cli.global;
    start_log(global, matches!(cli.command, Command::Schedule(_)));
    let forms = Forms { output: global.output, log: global.log_format };
    run(&cli).unwrap_or_else(|error| answer::render(&error, forms))
}

fn run(cli: &Cli) -> Result<ExitCode> {
    let clock = Clock::of_process()?;
    let place = Place { global: &cli.global, clock, after: After::default() };
    let done = match &cli.command {
        Command::Import(args) => args.run(&place),
        Command::Export(args) => args.run(&place),
        Command::Run(args) => args.run(&place),
        Command::Plan(args) => args.run(&place),
        Command::MarkUnused(args) => args.run(&place),
        Command::MarkUsed(args) => args.run(&place),
        Command::EnforceRules(args) => args.run(&place),
        Command::Kill(args) => args.run(&place),
        Command::Explain(args) => args.run(&place),
        Command::History(args) => args.run(&place),
        Command::Lock(args) => args.run(&place),
        Command::Rules(args) => args.run(&place),
        Command::Fsck(args) => args.run(&place),
        Command::Jobs(args) => args.run(&place),
        Command::Schedule(args) => args.run(&place),
        Command::Completions(args) => args.run(),
        Command::Man(args) => args.run(),
    };
    done.and_then(|code| place.after.check().map(|()| code))
}

/// The scheduler tells of every event; other commands of what a person should look at.
fn start_log(global: &Global, schedules: bool) {
    use tracing::level_filters::LevelFilter;
    let level = match (global.quiet, global.verbose) {
        (true, _) => LevelFilter::ERROR,
        (_, 0) if !schedules => LevelFilter::WARN,
        (_, 0 | 1) => LevelFilter::INFO,
        _ => LevelFilter::DEBUG,
    };
    let form = match global.log_format {
        LogFormat::Text => log::Form::Text,
        LogFormat::Json => log::Form::Json,
    };
    log::start(form, level);
}

/// What every command works with.
struct Place<'a> {
    global: &'a Global,
    clock: Clock,
    after: After,
}

/// What is judged when a command has done all it was asked for.
#[derive(Debug, Default)]
struct After {
    /// Why a run's report could not be printed: what comes behind it is done all the same.
    unprinted: RefCell<Option<Error>>,
    /// A store that was read without locks.
    unlocked: RefCell<Option<Unlocked>>,
}

impl After {
    fn check(&self) -> Result<()> {
        match self.unprinted.take() {
            Some(error) => Err(error),
            None => self.unlocked.take().map_or(Ok(()), |store| store.check()),
        }
    }
}

impl Place<'_> {
    fn config(&self) -> Result<Config> {
        Config::load(self.global.config.as_deref(), &self.global.store)
    }

    fn open(&self, missing: Missing) -> Result<Store> {
        Store::open(&self.global.store, missing)
    }

    /// Opens the store for a command that only reads: where it cannot be written as well.
    fn open_to_read(&self) -> Result<Store> {
        let (store, unlocked) = Store::open_to_read(&self.global.store)?;
        self.after.unlocked.replace(unlocked);
        Ok(store)
    }

    /// The run's logical time.
    fn logical(at: Option<&str>, now: Instant) -> Result<Instant> {
        at.map_or(Ok(now), |text| {
            let wrong = |reason: String| Error::usage(format!("invalid --at: {reason}"));
            InstantExpression::parse(text).and_then(|at| at.resolve(now)).map_err(wrong)
        })
    }

    /// Runs steps that flags describe, or shows what they would do.
    fn one_off(
        &self,
        spec: StepSpec,
        guard: Guard,
        when: &When,
        missing: Missing,
    ) -> Result<ExitCode> {
        let step = checked(spec)?;
        let request = Request::command(step.op(), guard, vec![step.operation()]);
        self.carry_out(&[request], when, missing)
    }

    /// Carries out requests one after the other; the first error ends it.
    fn carry_out(&self, requests: &[Request], when: &When, missing: Missing) -> Result<ExitCode> {
        let act = if when.dry_run { crate::engine::plan } else { crate::engine::run };
        self.each(requests, when, missing, act)
    }

    fn each(
        &self,
        requests: &[Request],
        when: &When,
        missing: Missing,
        act: impl Fn(&mut Session<'_>, &Request) -> Result<RunReport>,
    ) -> Result<ExitCode> {
        let config = self.config()?;
        let began = self.clock.now();
        let logical = Self::logical(when.at.as_deref(), began)?;
        if !self.global.store.exists() {
            import::check_dumps(requests)?;
        }
        let mut attempts = 0;
        loop {
            let mut store =
                if when.dry_run && missing == Missing::Create && !self.global.store.exists() {
                    Store::of_a_plan(&self.global.store)?
                } else {
                    self.open(missing)?
                };
            let done = self.act(&mut store, &config, requests, (logical, began), &act);
            attempts += 1;
            match &done {
                Ok(_) => self.settle(&store),
                // Another process has removed the new store, which nothing had come of for it. Streams are read once.
                Err(_)
                    if !store.is_in_place() && attempts < ATTEMPTS && !reads_streams(requests) =>
                {
                    continue;
                }
                Err(_) => store.discard_if_nothing_came_of_it(),
            }
            return done;
        }
    }

    /// Carries requests out on an open store.
    fn act(
        &self,
        store: &mut Store,
        config: &Config,
        requests: &[Request],
        (logical, began): (Instant, Instant),
        act: impl Fn(&mut Session<'_>, &Request) -> Result<RunReport>,
    ) -> Result<ExitCode> {
        let stop = Stop::on_signals()?;
        store.interrupt_on(stop.flag())?;
        let progress = self.progress();
        let mut outcome = Outcome::Done;
        for request in requests {
            let request = Request { guard: request.guard.or(config.guard), ..request.clone() };
            let mut session =
                Session::new(store, config, self.clock, &stop, &progress).of(logical, began);
            let heart = session.heart();
            let report = act(&mut session, &request);
            drop(heart);
            progress.finish();
            let report = report?;
            // They stand in the table, unless none is printed.
            let is_shown = self.global.output == Output::Table && self.prints(&report);
            if let (Some(run), false) = (report.run, is_shown) {
                crate::engine::log_warnings(request.origin, &request.name, run, &report.steps);
            }
            self.print_run(&report)?;
            outcome = outcome.worse(report.outcome);
        }
        Ok(ExitCode::from(outcome.exit_code()))
    }

    fn progress(&self) -> Progress {
        let is_text = self.global.log_format == LogFormat::Text;
        Progress::new(is_text && !self.global.no_progress && !self.global.quiet)
    }

    /// Turns a new store to write-ahead logging.
    fn settle(&self, store: &Store) {
        if let Err(error) = store.settle() {
            // What was asked for is committed; the next command that opens the store turns the log on.
            tracing::info!(%error, "the new store keeps its rollback journal for now");
        }
    }

    /// Whether a run's report is printed: what was only looked at, what was left out, and what a program asks for, is an
    /// answer even to `--quiet`.
    fn prints(&self, report: &RunReport) -> bool {
        let is_wanted = report.plan || report.outcome != Outcome::Done;
        !self.global.quiet || is_wanted || self.global.output == Output::Json
    }

    /// Prints what a run has done. That it cannot be printed undoes nothing, and keeps no further job from running.
    fn print_run(&self, report: &RunReport) -> Result<()> {
        if !self.prints(report) {
            return Ok(());
        }
        let unprinted = self.print(report, || crate::render::show::run(report)).err();
        if let Some(error) = unprinted {
            let error = match report.run {
                Some(run) => error.help(format!("run {run} is done: `lopper history {run}` shows it; make room, or write elsewhere")),
                None => error,
            };
            self.after.unprinted.borrow_mut().get_or_insert(error);
        }
        Ok(())
    }

    /// Prints a result as JSON or as text.
    fn print(&self, value: &impl Serialize, text: impl FnOnce() -> String) -> Result<()> {
        let mut out = match self.global.output {
            Output::Table => text(),
            Output::Json => answer::json(value)?,
        };
        if !out.ends_with('\n') {
            out.push('\n');
        }
        print_text(&out)
    }
}

/// Who does it: the name given, else that of the user.
fn author(given: Option<&str>) -> String {
    let user = || std::env::var("USER").ok();
    let name = given.map(str::to_owned).or_else(user);
    name.filter(|name| !name.is_empty()).unwrap_or_else(|| "lopper".to_owned())
}

/// Turns mistakes in flags into one error.
fn checked(spec: StepSpec) -> Result<Step> {
    spec.check().map_err(|mistakes: Vec<Mistake>| flag_error(&mistakes))
}

impl GuardArgs {
    fn guard(&self) -> Guard {
        Guard { max_segments: self.max_segments, max_percent: self.max_percent }
    }
}

/// Whether a request imports what can be read only once.
fn reads_streams(requests: &[Request]) -> bool {
    import::dumps(requests).iter().any(|dump| !dump.is_file())
}

/// The kind of error that asks for `--yes`.
fn needs_yes(what: &str, help: &str) -> Error {
    Error::new(Kind::Usage, format!("{what} deletes for good, and there is no terminal to ask on"))
        .help(help)
}
