//! What a kill may take: its arguments, resolved for one moment, as its statements are asked with them.

use std::collections::BTreeMap;

use rusqlite::ToSql;
use serde_json::{Value, json};

use super::kept::Kept;
use super::{KillStep, journal};
use crate::config::OnConflict;
use crate::deep_storage::DeepStorage;
use crate::druid::{Instant, Interval, Period};
use crate::engine::datasources::datasources;
use crate::engine::report::{StepReport, Warning};
use crate::engine::{Datasources, Session, locked};
use crate::error::{Error, Result};
use crate::failpoint;
use crate::store::sql;

/// A buffer shorter than this is worth a warning.
const SHORT_BUFFER_MS: i64 = 86_400_000;

/// What a kill may take, in the order in which it does.
const CANDIDATE_TABLE: &str = "CREATE TEMP TABLE IF NOT EXISTS candidate (position INTEGER PRIMARY KEY, segment_id INTEGER NOT NULL);
     DELETE FROM temp.candidate;";

/// The terms of one kill, resolved for one moment.
pub(crate) struct Terms {
    among: Datasources,
    pub(crate) start_ms: i64,
    pub(crate) end_ms: i64,
    versions: Option<String>,
    keep_versions: Option<u32>,
    unused_by_ms: i64,
    ended_by_ms: Option<i64>,
    places: String,
    skip_locked: bool,
}

impl Terms {
    pub(crate) fn new(
        session: &Session<'_>,
        now: Instant,
        step: &KillStep,
        storage: &DeepStorage,
        report: &mut StepReport,
    ) -> Result<Self> {
        let among = datasources(session, step.datasources.globs(), report)?;
        let wall = session.clock.now();
        let before = |period: &Period| {
            period.subtract_from(now).map_err(|error| Error::usage("cannot kill").because(error))
        };
        let interval = step.interval.resolve(now).map_err(Error::usage)?;
        let mut unused_by = before(&step.buffer_period)?;
        if step.buffer_period.is_empty() && session.logical >= session.began {
            // No buffer at all: what the run itself has just marked goes as well.
            unused_by = unused_by.max(wall);
        }
        if now.millis() - unused_by.millis() < SHORT_BUFFER_MS {
            let message = format!(
                "the buffer period {} is shorter than a day: a mistaken mark can hardly be taken back",
                step.buffer_period
            );
            report.warnings.push(Warning::new("short-buffer", message));
        }
        Ok(Self {
            among,
            start_ms: interval.start.millis(),
            end_ms: interval.end.millis(),
            versions: step.versions.as_ref().map(|versions| json!(versions).to_string()),
            keep_versions: step.keep_versions,
            unused_by_ms: unused_by.millis(),
            ended_by_ms: step
                .duration_to_retain
                .as_ref()
                .map(before)
                .transpose()?
                .map(Instant::millis),
            places: places(storage),
            skip_locked: step.on_conflict == OnConflict::Skip,
        })
    }

    /// What `killable.sql` and its like are asked with.
    pub(crate) fn parameters(&self) -> Vec<(&str, &dyn ToSql)> {
        vec![
            (":datasources", &self.among.numbers),
            (":start_ms", &self.start_ms),
            (":end_ms", &self.end_ms),
            (":versions", &self.versions),
            (":keep_versions", &self.keep_versions),
            (":unused_by_ms", &self.unused_by_ms),
            (":ended_by_ms", &self.ended_by_ms),
            (":places", &self.places),
            (":skip_locked", &self.skip_locked),
        ]
    }

    /// Gathers what statements look up of each segment: the versions to keep of each interval, and what is locked. For
    /// one segment alone, which counts as unused: around its interval.
    pub(crate) fn survey(&self, session: &Session<'_>, one: Option<(i64, Interval)>) -> Result<()> {
        let around = |interval: Interval| {
            let (start, end) = (interval.start.millis(), interval.end.millis());
            (start, end.max(start.saturating_add(1)))
        };
        let within = one.map_or((self.start_ms, self.end_ms), |(_, interval)| around(interval));
        let segment = one.map(|(segment, _)| segment);
        let (datasources, keep_versions) = (&self.among.numbers, self.keep_versions);
        Kept { datasources, within, keep_versions, segment }.find(session)?;
        locked::gather(session)
    }

    /// Lists what may be killed, oldest end first; answers how long the list is.
    pub(super) fn list(&self, session: &Session<'_>, limit: i64) -> Result<i64> {
        session.store.batch("cannot prepare a kill", CANDIDATE_TABLE)?;
        let mut parameters = self.parameters();
        parameters.push((":limit", &limit));
        let operation = "cannot select what to kill";
        let count = session.store.execute(operation, sql::select::KILL_CANDIDATES, &parameters)?;
        failpoint::reach("kill::candidates-listed");
        Ok(clamp(count))
    }

    /// Chooses from the list what lies behind one position up to another and may still be killed; answers how many.
    pub(crate) fn choose(&self, session: &Session<'_>, after: i64, upto: i64) -> Result<u64> {
        session.store.batch("cannot prepare a batch", journal::BATCH_TABLE)?;
        locked::gather_if_changed(session)?;
        let mut parameters = self.parameters();
        parameters.extend([(":after", &after as &dyn ToSql), (":upto", &upto as &dyn ToSql)]);
        session.store.execute("cannot select what to kill", sql::select::KILLABLE, &parameters)
    }

    /// Stamps at most `limit` never-stamped segments. Their stamp is too young for this kill, even without a buffer.
    pub(super) fn stamp(&self, session: &Session<'_>, limit: i64) -> Result<u64> {
        let wall = session.clock.now().millis().max(self.unused_by_ms.saturating_add(1));
        let parameters: [(&str, &dyn ToSql); 3] =
            [(":datasources", &self.among.numbers), (":wall_ms", &wall), (":limit", &limit)];
        let count =
            session.store.execute("cannot stamp segments", sql::apply::STAMP, &parameters)?;
        failpoint::reach("kill::segments-stamped");
        Ok(count)
    }

    pub(super) fn passed_over(&self, session: &Session<'_>) -> Result<BTreeMap<String, u64>> {
        let known_types = json!(DeepStorage::known_types()).to_string();
        let mut parameters = self.parameters();
        parameters.push((":known_types", &known_types));
        let counts = session.store.rows(
            "cannot count what is passed over",
            sql::select::PASSED_OVER,
            &parameters,
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        Ok(counts.into_iter().collect())
    }
}

/// What `killable.sql` may take, as JSON: load spec types and the prefix that their files must have.
fn places(storage: &DeepStorage) -> String {
    let places =
        storage.places().map(|(load_type, prefix)| json!({"type": load_type, "prefix": prefix}));
    Value::from_iter(places).to_string()
}

fn clamp(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
