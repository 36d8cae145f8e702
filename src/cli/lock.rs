//! `lock`: intervals that someone works on.

use std::process::ExitCode;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Subcommand};

use crate::cli::{Place, author};
use crate::config::period::with_parts;
use crate::config::{InstantExpression, IntervalExpression};
use crate::druid::{Instant, Period};
use crate::engine::locks::{NewLock, Which, add, list, remove};
use crate::engine::unknown;
use crate::error::{Error, Result};
use crate::render::lock;
use crate::store::{Missing, Store};

/// Minutes that a lock holds unless it is told otherwise.
const DEFAULT_MINUTES: i32 = 60;

#[derive(Debug, Args)]
pub(super) struct LockArgs {
    #[command(subcommand)]
    command: LockCommand,
}

#[derive(Debug, Subcommand)]
enum LockCommand {
    /// Lock an interval of a datasource: marks, kills and imports leave it alone.
    Add(Add),
    /// List the locks, those that have expired among them.
    List(List),
    /// Remove locks, whoever holds them.
    Remove(Remove),
}

#[derive(Debug, Args)]
struct Add {
    /// A datasource.
    #[arg(value_name = "DATASOURCE", value_parser = NonEmptyStringValueParser::new())]
    datasource: String,
    /// What to lock: ISO 8601; each side may be `..` or relative to `now`.
    #[arg(long, value_name = "INTERVAL", allow_hyphen_values = true)]
    interval: String,
    /// What for. Locks of two owners overlap only where both are of kind read.
    #[arg(long, value_name = "KIND", default_value = "replace",
        value_parser = ["append", "replace", "read", "kill"])]
    kind: String,
    /// Who holds it [default: $USER, else lopper].
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    owner: Option<String>,
    /// How long it holds [default: PT1H].
    #[arg(long = "for", value_name = "PERIOD", conflicts_with = "until")]
    length: Option<String>,
    /// Until when it holds: an instant, or `now+P1D`.
    #[arg(long, value_name = "INSTANT")]
    until: Option<String>,
}

#[derive(Debug, Args)]
struct List {
    /// Only those of a datasource.
    #[arg(value_name = "DATASOURCE")]
    datasource: Option<String>,
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("which").required(true).multiple(false)
    .args(["ids", "owner", "expired"]))]
struct Remove {
    /// The locks of these numbers.
    #[arg(value_name = "ID")]
    ids: Vec<i64>,
    /// All locks of an owner.
    #[arg(long, value_name = "NAME")]
    owner: Option<String>,
    /// All that have expired.
    #[arg(long)]
    expired: bool,
}

impl LockArgs {
    pub(super) fn run(&self, place: &Place<'_>) -> Result<ExitCode> {
        let store = match self.command {
            LockCommand::List(_) => place.open_to_read()?,
            LockCommand::Add(_) | LockCommand::Remove(_) => place.open(Missing::Refuse)?,
        };
        let wall = place.clock.now();
        match &self.command {
            LockCommand::Add(new) => new.run(place, &store, wall)?,
            LockCommand::List(wish) => {
                let locks = list(&store, wish.datasource.as_deref(), wall)?;
                if let (Some(datasource), []) = (&wish.datasource, locks.as_slice())
                    && let Some(message) = unknown(&store, datasource)?
                {
                    tracing::warn!("{message}");
                }
                place.print(&locks, || lock::locks(&locks))?;
            }
            LockCommand::Remove(wish) => {
                let report = remove(&store, wish.which(), wall)?;
                place.print(&report, || lock::removed(&report))?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Add {
    fn run(&self, place: &Place<'_>, store: &Store, wall: Instant) -> Result<()> {
        let invalid =
            |flag: &str, reason: String| Error::usage(format!("invalid {flag}: {reason}"));
        let interval = IntervalExpression::parse(&self.interval)
            .and_then(|interval| interval.resolve(wall))
            .map_err(|reason| invalid("--interval", reason))?;
        let report = add(
            store,
            &NewLock {
                datasource: &self.datasource,
                interval,
                kind: &self.kind,
                owner: &author(self.owner.as_deref()),
                expires: self.expires(wall)?,
                wall,
            },
        )?;
        place.print(&report, || lock::added(&report))
    }

    /// When the lock ends: whoever takes it may die, and nobody would give it back.
    fn expires(&self, wall: Instant) -> Result<Instant> {
        let (flag, at) = match (&self.until, &self.length) {
            (Some(until), _) => {
                ("--until", InstantExpression::parse(until).and_then(|until| until.resolve(wall)))
            }
            (None, Some(length)) => (
                "--for",
                with_parts(length)
                    .and_then(|length| length.add_to(wall).map_err(|error| error.to_string())),
            ),
            (None, None) => (
                "--for",
                Period::minutes(DEFAULT_MINUTES).add_to(wall).map_err(|error| error.to_string()),
            ),
        };
        at.map_err(|reason| Error::usage(format!("invalid {flag}: {reason}")))
    }
}

impl Remove {
    fn which(&self) -> Which<'_> {
        match &self.owner {
            Some(owner) => Which::Owner(owner),
            None if self.expired => Which::Expired,
            None => Which::Ids(&self.ids),
        }
    }
}
