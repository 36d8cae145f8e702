//! What is odd about a chain as a whole.

use crate::druid::{Bounds, DEFAULT_CHAIN, Instant, Scope};
use crate::rules::draft::{Draft, When};
use crate::rules::report::Severity;
use crate::rules::unit::{Unit, scope};

/// Everything that can be said of the chain, with what is behind it.
pub(super) fn check(unit: &Unit) -> Vec<Draft> {
    if unit.own == 0 || !unit.is_whole {
        return Vec::new();
    }
    let gap = gap_behind_load(unit);
    let gap_end = gap.as_ref().map(|(end, _)| *end);
    [
        load_without_drop(unit),
        gap.map(|(_, draft)| draft),
        drops_everything(unit),
        unmatched(unit, gap_end),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The version of a chain: one in the future keeps newer ones from coming into force.
pub(super) fn check_version(unit: &Unit, version: &str, wall: Instant) -> Option<Draft> {
    let area = (&[Bounds::EVERYTHING][..], "decided by this chain until then");
    let draft = |code, message: String| unit.draft(Severity::Warning, code, None, &message, area);
    match Instant::parse(version) {
        Ok(instant) if instant > wall => Some(draft(
            "newest-version-in-the-future",
            format!(
                "the chain in force has version {version}, which is to come: a chain that Druid sets before then does not take its place"
            ),
        )),
        Ok(_) => None,
        Err(_) => Some(draft(
            "odd-version",
            format!(
                "the chain in force has version '{version}', which is no instant: a newer chain may not take its place"
            ),
        )),
    }
}

/// A chain that leaves nothing for `_default`.
pub(super) fn default_never_asked(unit: &Unit) -> Option<Draft> {
    let own = unit.bounds.get(..unit.own).unwrap_or_default();
    let takes_all = crate::druid::decide(own).iter().all(|one| one.rule.is_some());
    takes_all.then(|| {
        let message = format!("the chain takes every segment: {DEFAULT_CHAIN} is never asked");
        let area = (&[Bounds::EVERYTHING][..], "decided by this chain alone");
        unit.draft(Severity::Info, "default-never-asked", None, &message, area)
    })
}

/// Rules that keep the last days, or some interval, and nothing behind them that drops the rest.
fn load_without_drop(unit: &Unit) -> Option<Draft> {
    let limited = |(index, rule, _): &(usize, &crate::druid::Rule, &Bounds)| {
        rule.keeps() && scope(rule) != Some(Scope::Forever) && unit.decides(*index)
    };
    let (last, ..) = unit.own_rules().filter(limited).last()?;
    if unit.drops_from(last + 1).next().is_some() {
        return None;
    }
    let behind = unit.decided.iter().filter(|one| one.rule.is_none_or(|rule| rule > last));
    let boxes = behind.map(|one| one.bounds).collect::<Vec<_>>();
    if boxes.is_empty() {
        return None;
    }
    let message = format!(
        "no rule behind {} drops, in this chain or in {DEFAULT_CHAIN}: what it does not take is kept all the same",
        unit.label(last)
    );
    Some(unit.draft(Severity::Warning, "load-without-drop", Some(last), &message, (&boxes, "kept")))
}

/// Segments that are too old for a load rule by period, and that the drop rules behind it do not take (yet). Answers the
/// last end of such segments as well.
fn gap_behind_load(unit: &Unit) -> Option<(i64, Draft)> {
    let by_period = |scope| matches!(scope, Some(Scope::Period { .. }));
    // Of several, the one that reaches back farthest.
    let (index, _, bounds) = unit
        .own_rules()
        .filter(|(_, rule, _)| rule.keeps() && by_period(scope(rule)))
        .min_by_key(|(_, _, bounds)| bounds.end_min)?;
    unit.drops_from(index + 1).next()?;
    let end = bounds.end_min.checked_sub(1)?;
    let older = Bounds { end_max: end, ..Bounds::EVERYTHING };
    let unmatched = unit.decided_by(None);
    let boxes = unmatched.iter().filter_map(|bounds| bounds.and(&older)).collect::<Vec<_>>();
    if boxes.is_empty() {
        return None;
    }
    let message = format!(
        "some of what is too old for {} is taken by no drop rule behind it: it is kept",
        unit.label(index)
    );
    let area = (&boxes[..], "kept, but not loaded");
    Some((end, unit.draft(Severity::Warning, "gap-behind-load", Some(index), &message, area)))
}

/// A chain that keeps nothing.
fn drops_everything(unit: &Unit) -> Option<Draft> {
    let drops = |index: usize| unit.rules.get(index).is_some_and(|rule| !rule.keeps());
    let all = unit.decided.iter().all(|one| one.rule.is_some_and(drops));
    all.then(|| {
        let message = "whatever the segment, a rule drops it".to_owned();
        let area = (&[Bounds::EVERYTHING][..], "marked unused");
        unit.draft(Severity::Warning, "drops-everything", None, &message, area)
    })
}

/// Used segments that no rule takes, other than those up to `gap_end` that are told of already.
fn unmatched(unit: &Unit, gap_end: Option<i64>) -> Option<Draft> {
    let told = gap_end.map(|end_max| Bounds { end_max, ..Bounds::EVERYTHING });
    let boxes = unit.decided_by(None);
    let boxes = boxes.iter().flat_map(|bounds| match &told {
        Some(told) => bounds.minus(told),
        None => vec![*bounds],
    });
    let boxes = boxes.collect::<Vec<_>>();
    let message = "no rule takes these segments".to_owned();
    let area = (&boxes[..], "kept, but not loaded");
    let draft = unit.draft(Severity::Warning, "unmatched", None, &message, area);
    (!boxes.is_empty()).then_some(Draft { when: When::Some, ..draft })
}
