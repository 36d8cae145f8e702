//! The segments of an interval, in groups of neighbours of which the same is to be told.

use std::collections::HashMap;

use rusqlite::{Row, ToSql};

use crate::druid::{Bounds, Instant, Interval};
use crate::engine::Session;
use crate::engine::timeline::Datasource;
use crate::error::Result;
use crate::explain::report::{RangeGroup, RangeStory, Seen};
use crate::explain::rules::Chain;
use crate::explain::sight::Timeline;
use crate::explain::{interval, interval_text, killable};
use crate::ops::KillStep;
use crate::store::sql;

/// Groups that are listed.
const MOST_GROUPS: usize = 1000;

/// A row of `range.sql`.
struct One {
    segment: i64,
    interval: Interval,
    version: String,
    is_used: bool,
    stamp: Option<i64>,
    size: u64,
    is_tombstone: bool,
}

fn one(row: &Row<'_>) -> rusqlite::Result<One> {
    Ok(One {
        segment: row.get(0)?,
        interval: interval(row.get(1)?, row.get(2)?),
        version: row.get(3)?,
        is_used: row.get(4)?,
        stamp: row.get(5)?,
        size: row.get(6)?,
        is_tombstone: row.get(7)?,
    })
}

/// What neighbours must have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Verdict {
    seen: Option<Seen>,
    by: Option<String>,
    rule: Option<usize>,
}

/// A group as it grows.
struct Group {
    first: Interval,
    last: Interval,
    end: Instant,
    killable_from: Option<Instant>,
    told: RangeGroup,
}

/// Where a version and state stands: its newest group, if that is listed.
struct Open {
    verdict: Verdict,
    end: Instant,
    listed: Option<usize>,
}

/// Judges segments of one datasource.
struct Judge {
    timeline: Option<Timeline>,
    chain: Option<(Chain, Vec<Bounds>)>,
    kill: KillStep,
    now: Instant,
    groups: Vec<Group>,
    open: HashMap<(String, bool), Open>,
    more_groups: u64,
}

/// The story of all segments that overlap an interval.
pub(crate) fn range(
    session: &Session<'_>,
    (number, name): (i64, &str),
    within: Interval,
) -> Result<RangeStory> {
    let mut story = RangeStory {
        datasource: name.to_owned(),
        interval: within.to_string(),
        as_of: session.logical.to_string(),
        problems: Vec::new(),
        segments: 0,
        size: 0,
        groups: Vec::new(),
        more_groups: 0,
    };
    let of = Datasource { number, name };
    let timeline = Timeline::around(session, of, within, None)?;
    let chain = Chain::of(session, name)?
        .and_then(|chain| chain.bounds(session.logical).map(|bounds| (chain, bounds)));
    let mut judge = Judge {
        timeline: noted(timeline, &mut story.problems),
        chain: noted(chain, &mut story.problems),
        kill: killable::defaults()?,
        now: session.logical,
        groups: Vec::new(),
        open: HashMap::new(),
        more_groups: 0,
    };
    let operation = "cannot read the segments of the interval";
    let explained = |error| session.store.explain(operation, error);
    let (from, to) = (within.start.millis(), within.end.millis());
    let parameters: [(&str, &dyn ToSql); 3] =
        [(":datasource", &number), (":from_ms", &from), (":to_ms", &to)];
    let connection = &session.store.connection;
    let mut statement = connection.prepare_cached(sql::explain::RANGE).map_err(explained)?;
    let mut rows = statement.query(&parameters).map_err(explained)?;
    while let Some(row) = rows.next().map_err(explained)? {
        let one = one(row).map_err(explained)?;
        story.segments += 1;
        story.size += one.size;
        judge.add(&one);
    }
    story.more_groups = judge.more_groups;
    story.groups = judge.finish();
    Ok(story)
}

fn noted<T>(found: std::result::Result<T, String>, problems: &mut Vec<String>) -> Option<T> {
    found.map_err(|problem| problems.push(problem)).ok()
}

impl Judge {
    fn add(&mut self, one: &One) {
        let verdict = self.verdict(one);
        let key = (one.version.clone(), one.is_used);
        let goes_on = self
            .open
            .get_mut(&key)
            .filter(|open| open.verdict == verdict && one.interval.start <= open.end);
        if let Some(open) = goes_on {
            open.end = open.end.max(one.interval.end);
            if let Some(group) = open.listed.and_then(|index| self.groups.get_mut(index)) {
                group.take(one, &self.kill);
            }
            return;
        }
        let listed = (self.groups.len() < MOST_GROUPS).then_some(self.groups.len());
        match listed {
            Some(_) => {
                let mut group = self.group(one, &verdict);
                group.take(one, &self.kill);
                self.groups.push(group);
            }
            None => self.more_groups += 1,
        }
        // What lies behind can go on no more.
        self.open.retain(|_, open| open.end >= one.interval.start);
        self.open.insert(key, Open { verdict, end: one.interval.end, listed });
    }

    fn verdict(&self, one: &One) -> Verdict {
        let Interval { start, end } = one.interval;
        let rule = self
            .chain
            .as_ref()
            .and_then(|(_, bounds)| bounds.iter().position(|bounds| bounds.holds(one.interval)));
        if !one.is_used {
            return Verdict { seen: None, by: None, rule };
        }
        let Some(timeline) = &self.timeline else {
            return Verdict { seen: Some(Seen::Unknown), by: None, rule };
        };
        let (seen, hidden) = timeline.seen(one.segment, start.millis(), end.millis());
        let by = hidden.and_then(|_| timeline.version_at(start.millis())).map(str::to_owned);
        Verdict { seen: Some(seen), by, rule }
    }

    fn group(&self, one: &One, verdict: &Verdict) -> Group {
        let rule = match (&self.chain, verdict.rule) {
            (Some((chain, _)), Some(index)) => chain.reason(index),
            _ => None,
        };
        let told = RangeGroup {
            interval: String::new(),
            version: one.version.clone(),
            state: if one.is_used { "used" } else { "unused" }.to_owned(),
            seen: verdict.seen,
            overshadowed_by: verdict.by.clone(),
            rule,
            drops_first: None,
            drops_last: None,
            killable_from: None,
            never_stamped: 0,
            segments: 0,
            size: 0,
        };
        Group {
            first: one.interval,
            last: one.interval,
            end: one.interval.end,
            killable_from: None,
            told,
        }
    }

    fn finish(self) -> Vec<RangeGroup> {
        let drops = |interval| {
            let drop = self.chain.as_ref().and_then(|(chain, _)| chain.drop(interval, self.now));
            drop.map(|drop| drop.at.to_string())
        };
        let told = self.groups.iter().map(|group| RangeGroup {
            interval: interval_text(group.first.start.millis(), group.end.millis()),
            drops_first: drops(group.first),
            drops_last: drops(group.last),
            killable_from: group.killable_from.map(|at| at.to_string()),
            ..group.told.clone()
        });
        told.collect()
    }
}

impl Group {
    fn take(&mut self, one: &One, kill: &KillStep) {
        self.last = one.interval;
        self.end = self.end.max(one.interval.end);
        self.told.segments += 1;
        self.told.size += one.size;
        if one.is_used {
            return;
        }
        match one.stamp.filter(|stamp| *stamp != 0).map(Instant::from_millis) {
            Some(stamp) => {
                let end = one.interval.end;
                let from = killable::by_time(kill, stamp, end, one.is_tombstone);
                self.killable_from = self.killable_from.max(from);
            }
            None => self.told.never_stamped += 1,
        }
    }
}
