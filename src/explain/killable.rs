//! What stands between a segment and a kill, condition by condition. The conditions are those of `killable.sql`; a
//! statement judges them, and here they get words and instants.

use rusqlite::ToSql;

use crate::config::{self, DatasourcesSpec, OnConflict};
use crate::deep_storage::DeepStorage;
use crate::druid::{Instant, Interval};
use crate::engine::Session;
use crate::engine::report::StepReport;
use crate::error::Result;
use crate::explain::report::{Condition, KillStory, LockStory};
use crate::explain::rules::Dropped;
use crate::explain::{interval, interval_text, text};
use crate::job::Job;
use crate::ops::kill::Terms;
use crate::ops::{KillSpec, KillStep, Step};
use crate::store::sql;

/// Locks that are listed.
const MOST_LOCKS: i64 = 20;

/// What the conditions of a kill ask of a segment.
pub(crate) struct Facts<'a> {
    pub(crate) segment: i64,
    pub(crate) interval: Interval,
    pub(crate) version: &'a str,
    pub(crate) is_used: bool,
    pub(crate) stamp: Option<Instant>,
    pub(crate) is_tombstone: bool,
    pub(crate) load_type: Option<&'a str>,
    pub(crate) file: Option<&'a str>,
    pub(crate) locks: &'a [LockStory],
    /// When it will be marked unused, as far as that can be foreseen.
    pub(crate) drop: Option<Dropped>,
}

/// A kill by its defaults.
///
/// # Errors
/// None that a person could cause.
pub(crate) fn defaults() -> Result<KillStep> {
    let datasources = Some(vec!["*".to_owned()]);
    let spec = KillSpec {
        datasources: DatasourcesSpec { datasource: None, datasources },
        ..KillSpec::default()
    };
    spec.check().map_err(|mistakes| config::flag_error(&mistakes))
}

/// The locks that overlap a segment, those that never expire first.
pub(crate) fn locks(
    session: &Session<'_>,
    datasource: &str,
    interval: Interval,
) -> Result<Vec<LockStory>> {
    let (start, end) = (interval.start.millis(), interval.end.millis());
    let wall = session.clock.now().millis();
    let parameters: [(&str, &dyn ToSql); 5] = [
        (":datasource", &datasource),
        (":start_ms", &start),
        (":end_ms", &end),
        (":wall_ms", &wall),
        (":limit", &MOST_LOCKS),
    ];
    session.store.rows("cannot look for locks", sql::explain::LOCKS, &parameters, |row| {
        Ok(LockStory {
            lock: row.get(0)?,
            owner: row.get(1)?,
            interval: interval_text(row.get(2)?, row.get(3)?),
            expires: row.get::<_, Option<i64>>(4)?.map(text),
        })
    })
}

/// The kill by its defaults, and the kill steps of jobs that cover the segment's datasource.
pub(crate) fn kills(
    session: &Session<'_>,
    facts: &Facts<'_>,
    jobs: &[Job],
) -> Result<Vec<KillStory>> {
    let mut stories = Vec::new();
    stories.extend(kill(session, facts, &defaults()?, "defaults".to_owned())?);
    for job in jobs {
        for (number, step) in (1..).zip(&job.steps) {
            if let Step::Kill(step) = step {
                let by = format!("job {}, step {number}", job.name);
                let told = kill(session, facts, step, by)?;
                let schedule = Some(job.schedule.to_string());
                stories.extend(told.map(|story| KillStory { schedule, ..story }));
            }
        }
    }
    Ok(stories)
}

/// Which conditions hold, in the order of `kill_conditions.sql`.
struct Held {
    unused: bool,
    interval: bool,
    version: bool,
    spare: bool,
    stamped: bool,
    buffer: bool,
    retain: bool,
    load_spec: bool,
    load_type: bool,
    place: bool,
    locks: bool,
}

/// What one step asks of the segment; none when it is not for its datasource.
fn kill(
    session: &Session<'_>,
    facts: &Facts<'_>,
    step: &KillStep,
    by: String,
) -> Result<Option<KillStory>> {
    let storage = DeepStorage::new(session.config, session.stop.flag());
    let terms = Terms::new(session, session.logical, step, &storage, &mut StepReport::default())?;
    terms.survey(session, Some((facts.segment, facts.interval)))?;
    let mut parameters = terms.parameters();
    parameters.push((":segment", &facts.segment));
    let operation = "cannot ask what stands in the way of a kill";
    let (is_covered, held) =
        session.store.row(operation, sql::explain::KILL_CONDITIONS, &parameters, |row| {
            let held = Held {
                unused: row.get(1)?,
                interval: row.get(2)?,
                version: row.get(3)?,
                spare: row.get(4)?,
                stamped: row.get(5)?,
                buffer: row.get(6)?,
                retain: row.get(7)?,
                load_spec: row.get(8)?,
                load_type: row.get(9)?,
                place: row.get(10)?,
                locks: row.get(11)?,
            };
            Ok((row.get::<_, bool>(0)?, held))
        })?;
    if !is_covered {
        return Ok(None);
    }
    let within = match interval(terms.start_ms, terms.end_ms) {
        Interval::ETERNITY => "everything".to_owned(),
        interval => interval.to_string(),
    };
    let conditions = conditions(facts, step, &held, &within);
    let eligible = conditions.iter().all(|condition| condition.met);
    let (killable_from, provided) = killable_from(session, facts, step, &held);
    let limit = step.limit;
    Ok(Some(KillStory { by, schedule: None, eligible, conditions, killable_from, provided, limit }))
}

fn conditions(facts: &Facts<'_>, step: &KillStep, held: &Held, within: &str) -> Vec<Condition> {
    let not = |met: bool| if met { "" } else { "not " };
    let condition = |name: &str, met: bool, text: String, met_from: Option<Instant>| Condition {
        name: name.to_owned(),
        met,
        text,
        met_from: met_from.map(|at| at.to_string()),
    };
    let mut told = vec![
        condition(
            "unused",
            held.unused,
            if held.unused { "unused" } else { "used" }.to_owned(),
            None,
        ),
        condition(
            "interval",
            held.interval,
            format!("{}contained in {within}", not(held.interval)),
            None,
        ),
    ];
    if let Some(versions) = &step.versions {
        let text = format!(
            "version '{}' is {}one of {}",
            facts.version,
            not(held.version),
            versions.join(", ")
        );
        told.push(condition("version", held.version, text, None));
    }
    if let Some(kept) = step.keep_versions {
        let text = format!(
            "{}one of the newest unused versions of its interval, of which {kept} are kept",
            not(!held.spare)
        );
        told.push(condition("keep_versions", held.spare, text, None));
    }
    let stamp = facts.stamp.filter(|_| held.stamped);
    let stamped = stamp.map_or_else(
        || "never stamped: the next kill stamps it, and its buffer starts then".to_owned(),
        |at| format!("stamped {at}"),
    );
    told.push(condition("stamped", held.stamped, stamped, None));
    // Of a used segment, the stamp is when it was marked used.
    let buffer = held.buffer && held.unused && held.stamped;
    let unused_for = match (buffer, held.unused) {
        (true, _) => format!("unused for {}", step.buffer_period),
        (false, true) => format!("unused for less than {}", step.buffer_period),
        (false, false) => format!("not unused for {}", step.buffer_period),
    };
    let from = stamp.filter(|_| held.unused).and_then(|at| step.buffer_period.reaches(at));
    told.push(condition("buffer_period", buffer, unused_for, from));
    told.push(retained(facts, step, held.retain));
    told.push(condition(
        "load_spec",
        held.load_spec,
        if held.load_spec { "has a load spec" } else { "no load spec" }.to_owned(),
        None,
    ));
    if let Some(load_type) = facts.load_type {
        let is_known = held.load_type || DeepStorage::known_types().contains(&load_type);
        let what = if is_known { "configured" } else { "supported" };
        let text = format!("load spec type {load_type} is {}{what}", not(held.load_type));
        told.push(condition("load_type", held.load_type, text, None));
    }
    if held.load_type {
        let side = if held.place { "inside" } else { "outside" };
        let file = facts.file.map(|file| format!(" ({file})")).unwrap_or_default();
        let text = format!("{side} the configured deep storage{file}");
        told.push(condition("place", held.place, text, None));
    }
    told.push(condition("locks", held.locks, locked(facts, step), locks_expire(facts)));
    told
}

fn retained(facts: &Facts<'_>, step: &KillStep, met: bool) -> Condition {
    let end = facts.interval.end;
    let (text, met_from) = match &step.duration_to_retain {
        None => ("the duration to retain is ignored".to_owned(), None),
        Some(_) if facts.is_tombstone => ("a tombstone need not be retained".to_owned(), None),
        Some(period) => {
            let less = if met { "" } else { "less than " };
            (format!("ended {less}{period} ago ({end})"), period.reaches(end))
        }
    };
    Condition {
        name: "duration_to_retain".to_owned(),
        met,
        text,
        met_from: met_from.map(|at| at.to_string()),
    }
}

fn locked(facts: &Facts<'_>, step: &KillStep) -> String {
    match facts.locks.first() {
        None => "no lock overlaps it".to_owned(),
        Some(lock) => {
            let until = lock.expires.as_deref().unwrap_or("it is removed");
            let fails = match step.on_conflict {
                OnConflict::Fail => ", and fails the kill (on_conflict = \"fail\")",
                OnConflict::Wait(_) => ", which the kill waits for (on_conflict = \"wait\")",
                OnConflict::Skip => "",
            };
            format!("locked by '{}' ({}) until {until}{fails}", lock.owner, lock.lock)
        }
    }
}

/// When the last lock is gone; none without a lock, or when one never expires.
fn locks_expire(facts: &Facts<'_>) -> Option<Instant> {
    let expiry = |lock: &LockStory| Instant::parse(lock.expires.as_deref()?).ok();
    facts.locks.iter().map(expiry).collect::<Option<Vec<_>>>()?.into_iter().max()
}

/// From when on all conditions hold that time decides, and what has to happen before.
fn killable_from(
    session: &Session<'_>,
    facts: &Facts<'_>,
    step: &KillStep,
    held: &Held,
) -> (Option<String>, Option<String>) {
    let is_lasting = held.interval
        && held.version
        && held.spare
        && held.load_spec
        && held.load_type
        && held.place;
    let locks = if facts.locks.is_empty() || held.locks {
        Some(None)
    } else {
        locks_expire(facts).map(Some)
    };
    let (true, Some(locks)) = (is_lasting, locks) else { return (None, None) };
    let (since, provided) = match (&facts.drop, facts.stamp) {
        (Some(drop), _) if facts.is_used => {
            (drop.at, Some(format!("it is marked unused at {} by {}", drop.at, drop.by)))
        }
        _ if facts.is_used => return (None, None),
        (_, Some(stamp)) if held.stamped => (stamp, None),
        _ => (session.logical, Some(format!("a kill stamps it at {}", session.logical))),
    };
    let Some(buffered) = step.buffer_period.reaches(since) else { return (None, None) };
    let retained = match &step.duration_to_retain {
        Some(period) if !facts.is_tombstone => match period.reaches(facts.interval.end) {
            Some(at) => Some(at),
            None => return (None, None),
        },
        _ => None,
    };
    let from = [Some(buffered), retained, locks].into_iter().flatten().max();
    (from.map(|at| at.to_string()), provided)
}

/// From when on a kill by its defaults takes a segment that is unused and stamped, by time alone.
pub(crate) fn by_time(
    step: &KillStep,
    stamp: Instant,
    end: Instant,
    is_tombstone: bool,
) -> Option<Instant> {
    let buffered = step.buffer_period.reaches(stamp)?;
    match &step.duration_to_retain {
        Some(period) if !is_tombstone => Some(buffered.max(period.reaches(end)?)),
        _ => Some(buffered),
    }
}
