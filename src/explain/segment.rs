//! One segment's story, living or gone.

use rusqlite::Row;

use crate::druid::{Instant, Interval};
use crate::engine::Session;
use crate::engine::timeline::Datasource;
use crate::error::Result;
use crate::explain::killable::Facts;
use crate::explain::report::{
    ChangeStory, Explanation, GoneStory, JournalStory, Seen, SegmentStory, Sight, Since,
};
use crate::explain::rules::{Chain, Dropped};
use crate::explain::{interval, interval_text, killable, relatives, rules, sight, text};
use crate::job::Job;
use crate::store::sql;

/// A row of the store.
struct Found {
    number: i64,
    datasource: (i64, String),
    interval: Interval,
    version: String,
    partition: i64,
    is_used: bool,
    stamp: Option<i64>,
    created: Option<i64>,
    size: u64,
    rows: Option<i64>,
    shard_type: String,
    core_partitions: Option<i64>,
    load_type: Option<String>,
    file: Option<String>,
}

fn found(row: &Row<'_>) -> rusqlite::Result<Found> {
    Ok(Found {
        number: row.get(0)?,
        datasource: (row.get(1)?, row.get(2)?),
        interval: interval(row.get(3)?, row.get(4)?),
        version: row.get(5)?,
        partition: row.get(6)?,
        is_used: row.get(7)?,
        stamp: row.get(8)?,
        created: row.get(9)?,
        size: row.get(10)?,
        rows: row.get(11)?,
        shard_type: row.get(12)?,
        core_partitions: row.get(13)?,
        load_type: row.get(14)?,
        file: row.get(15)?,
    })
}

/// The story of the segment with that id, as far as there is or was one.
pub(crate) fn find(
    session: &Session<'_>,
    id: &str,
    datasource: Option<&str>,
    jobs: &[Job],
) -> Result<Option<Explanation>> {
    let is_meant = |of: &str| datasource.is_none_or(|datasource| datasource == of);
    let rows = session.store.rows(
        "cannot find the segment",
        sql::explain::SEGMENT,
        &[(":id", &id)],
        found,
    )?;
    if let Some(found) = rows.into_iter().next() {
        if !is_meant(&found.datasource.1) {
            return Ok(None);
        }
        let story = story(session, id, found, jobs)?;
        return Ok(Some(Explanation::Segment(Box::new(story))));
    }
    let gone = gone(session, id)?.filter(|story| is_meant(&story.datasource));
    Ok(gone.map(|story| Explanation::Gone(Box::new(story))))
}

fn story(session: &Session<'_>, id: &str, found: Found, jobs: &[Job]) -> Result<SegmentStory> {
    let of = Datasource { number: found.datasource.0, name: &found.datasource.1 };
    let timeline = sight::sight(session, of, found.number, found.interval, found.is_used)?;
    let chain = Chain::of(session, of.name)?;
    let rules = match &chain {
        Ok(chain) => chain.story(found.interval, session.logical),
        Err(broken) => rules::broken_story(broken.clone()),
    };
    let by_rule = chain.ok().and_then(|chain| chain.drop(found.interval, session.logical));
    let locks = killable::locks(session, of.name, found.interval)?;
    let facts = Facts {
        segment: found.number,
        interval: found.interval,
        version: &found.version,
        is_used: found.is_used,
        stamp: found.stamp.map(Instant::from_millis),
        is_tombstone: found.shard_type == "tombstone",
        load_type: found.load_type.as_deref(),
        file: found.file.as_deref(),
        locks: &locks,
        drop: first(by_rule, by_overshadowing(session, &timeline)),
    };
    let kills = killable::kills(session, &facts, jobs)?;
    let files = relatives::files(session, found.number, found.load_type, found.file, false)?;
    Ok(SegmentStory {
        id: id.to_owned(),
        as_of: session.logical.to_string(),
        interval: found.interval.to_string(),
        version: found.version,
        partition: found.partition,
        state: if found.is_used { "used" } else { "unused" }.to_owned(),
        since: Since {
            at: found.stamp.filter(|stamp| *stamp != 0).map(text),
            change: last_change(session, found.number)?,
        },
        size: found.size,
        rows: found.rows,
        shard_type: found.shard_type,
        core_partitions: found.core_partitions,
        created: found.created.map(text),
        timeline,
        rules,
        authoritative: session.config.authoritative,
        kills,
        locks,
        files,
        datasource: found.datasource.1,
    })
}

/// What the pass of overshadowed segments does, where the timeline stays as it is.
fn by_overshadowing(session: &Session<'_>, timeline: &Sight) -> Option<Dropped> {
    if timeline.seen != Seen::Overshadowed {
        return None;
    }
    let by = timeline.overshadowed_by.as_deref()?;
    let settled = Instant::parse(timeline.grace_ends.as_deref()?).ok()?.millis().checked_add(1)?;
    let at = Instant::from_millis(settled).max(session.logical);
    Some(Dropped { at, by: format!("overshadowed by {by}") })
}

/// What comes first; at one instant, a pass looks for overshadowed segments before it asks the rules.
fn first(by_rule: Option<Dropped>, by_overshadowing: Option<Dropped>) -> Option<Dropped> {
    match (by_rule, by_overshadowing) {
        (Some(rule), Some(other)) if rule.at < other.at => Some(rule),
        (rule, other) => other.or(rule),
    }
}

fn last_change(session: &Session<'_>, segment: i64) -> Result<Option<ChangeStory>> {
    let found = session.store.rows(
        "cannot read the ledger",
        sql::explain::LAST_CHANGE,
        &[(":segment", &segment)],
        |row| change(row, 0),
    )?;
    Ok(found.into_iter().next())
}

/// A change, whose columns begin at `first`: run, step, operation, kind, name, start, reason.
fn change(row: &Row<'_>, first: usize) -> rusqlite::Result<ChangeStory> {
    Ok(ChangeStory {
        run: row.get(first)?,
        step: row.get(first + 1)?,
        op: row.get(first + 2)?,
        run_kind: row.get(first + 3)?,
        name: row.get(first + 4)?,
        started: text(row.get(first + 5)?),
        reason: row.get::<_, Option<String>>(first + 6)?.unwrap_or_default(),
    })
}

fn gone(session: &Session<'_>, id: &str) -> Result<Option<GoneStory>> {
    let operation = "cannot find the segment";
    let found = session.store.rows(operation, sql::explain::GONE, &[(":id", &id)], |row| {
        let state: Option<String> = row.get(15)?;
        let journal = match state {
            None => None,
            Some(state) => Some(JournalStory {
                state,
                attempts: row.get(17)?,
                last_error: row.get(18)?,
                moved: text(row.get(19)?),
                closed: row.get::<_, Option<i64>>(20)?.map(text),
            }),
        };
        let story = GoneStory {
            id: id.to_owned(),
            datasource: row.get(1)?,
            interval: interval_text(row.get(2)?, row.get(3)?),
            version: row.get(4)?,
            partition: row.get(5)?,
            size: row.get(6)?,
            how: row.get(7)?,
            change: change(row, 8)?,
            journal,
            files: Default::default(),
        };
        Ok((row.get::<_, i64>(0)?, row.get::<_, Option<String>>(16)?, row.get(21)?, story))
    })?;
    let Some((segment, file, load_type, story)) = found.into_iter().next() else {
        return Ok(None);
    };
    let files = relatives::files(session, segment, load_type, file, true)?;
    Ok(Some(GoneStory { files, ..story }))
}
