//! Which rule holds for a segment, which ones were asked before it, and when a rule will drop it.

use crate::druid::{Bounds, DEFAULT_CHAIN, Instant, Interval, Rule, Scope};
use crate::engine::chains::Placed;
use crate::engine::{Session, chains};
use crate::error::Result;
use crate::explain::report::{AskedRule, RuleStory};

/// The rules in force for a datasource.
pub(crate) struct Chain {
    rules: Vec<Placed>,
    datasource: String,
}

/// A segment's next drop by a rule.
pub(crate) struct Dropped {
    pub(crate) at: Instant,
    pub(crate) by: String,
}

impl Chain {
    /// The chain in force, or why it is broken.
    pub(crate) fn of(
        session: &Session<'_>,
        datasource: &str,
    ) -> Result<std::result::Result<Self, String>> {
        let rules = chains::in_force(&*session.store, datasource, session.logical)?;
        Ok(rules.map(|rules| Self { rules, datasource: datasource.to_owned() }))
    }

    /// The rule that holds at `now`; an error names one whose period leads out of time, which breaks the chain.
    pub(crate) fn decides(
        &self,
        interval: Interval,
        now: Instant,
    ) -> std::result::Result<Option<&Placed>, String> {
        let holding = self.bounds(now)?.iter().position(|bounds| bounds.holds(interval));
        Ok(holding.and_then(|index| self.rules.get(index)))
    }

    /// What each rule applies to at `now`; an error as of [`Self::decides`].
    pub(crate) fn bounds(&self, now: Instant) -> std::result::Result<Vec<Bounds>, String> {
        let bounds = |placed: &Placed| {
            placed.rule.bounds(now).map_err(|error| format!("{}: {error}", placed.reason()))
        };
        self.rules.iter().map(bounds).collect()
    }

    /// The rule of that place in the chain, from 0, as the ledger tells it.
    pub(crate) fn reason(&self, index: usize) -> Option<String> {
        self.rules.get(index).map(Placed::reason)
    }

    /// When a rule drops a segment at `interval`: `now` if one does, else the first instant at which the deciding rule
    /// changes to one that drops.
    pub(crate) fn drop(&self, interval: Interval, now: Instant) -> Option<Dropped> {
        let mut instants: Vec<Instant> =
            self.rules.iter().flat_map(|placed| placed.rule.turns(interval)).collect();
        instants.retain(|at| *at > now);
        instants.push(now);
        instants.sort_unstable();
        instants.dedup();
        instants.into_iter().find_map(|at| {
            let placed = self.decides(interval, at).ok()??;
            (!placed.rule.keeps()).then(|| Dropped { at, by: placed.reason() })
        })
    }

    /// All that is told of one segment.
    pub(crate) fn story(&self, interval: Interval, now: Instant) -> RuleStory {
        let deciding = match self.decides(interval, now) {
            Ok(deciding) => deciding,
            Err(broken) => return broken_story(broken),
        };
        let mut story = RuleStory {
            effect: deciding.map_or("none", Placed::effect).to_owned(),
            ..RuleStory::default()
        };
        for placed in &self.rules {
            let applies = deciding.is_some_and(|deciding| std::ptr::eq(deciding, placed));
            let chain = if placed.is_default { DEFAULT_CHAIN } else { &self.datasource };
            story.asked.push(AskedRule {
                rule: placed.number,
                chain: chain.to_owned(),
                description: placed.rule.describe(),
                applies,
                why: why(&placed.rule, interval, now, applies),
            });
            if applies {
                break;
            }
        }
        if let Some(drop) = self.drop(interval, now) {
            story.drops_at = Some(drop.at.to_string());
            story.drops_by = Some(drop.by);
        }
        story
    }
}

/// What is told where the chain cannot be asked.
pub(crate) fn broken_story(broken: String) -> RuleStory {
    RuleStory { broken: Some(broken), effect: "none".to_owned(), ..RuleStory::default() }
}

/// The rule's condition with the segment's own instants in it.
fn why(rule: &Rule, Interval { start, end }: Interval, now: Instant, applies: bool) -> String {
    let not = if applies { "" } else { "not " };
    let (scope, drops) = match rule {
        Rule::Load { scope, .. } | Rule::Broadcast { scope } => (*scope, false),
        Rule::Drop { scope } => (*scope, true),
        Rule::DropBefore { period } => {
            return match period.subtract_from(now) {
                Ok(since) => format!("ends {end}, {not}at or before {since}"),
                Err(error) => error.to_string(),
            };
        }
    };
    let verb = if drops { "contained in" } else { "overlapping" };
    match scope {
        Scope::Forever => "always".to_owned(),
        Scope::Interval(interval) => format!("{not}{verb} {interval}"),
        Scope::Period { period, include_future } => {
            match (period.subtract_from(now), include_future, drops) {
                (Err(error), _, _) => error.to_string(),
                (Ok(since), false, _) => format!("{not}{verb} {since}/{now}"),
                (Ok(since), true, false) => format!("ends {end}, {not}after {since}"),
                (Ok(since), true, true) => format!("starts {start}, {not}at or after {since}"),
            }
        }
    }
}
