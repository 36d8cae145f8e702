//! What is odd about single rules of a chain.

use crate::druid::{Bounds, Period, Rule, Scope};
use crate::rules::draft::{Draft, When};
use crate::rules::report::Severity;
use crate::rules::unit::{Unit, scope};

/// Everything that can be said of each rule.
pub(super) fn check(unit: &Unit) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for (index, rule, bounds) in unit.own_rules() {
        drafts.extend(never_asked(unit, index, bounds));
        drafts.extend(no_length(unit, index, rule));
        drafts.extend(loads_nowhere(unit, index, rule));
        drafts.extend(drops_newest(unit, index, rule));
        drafts.extend(drops_future(unit, index, rule));
        drafts.extend(matches_nothing(unit, index, rule));
        drafts.extend(partial(unit, index, rule));
    }
    drafts
}

/// A rule that earlier ones leave nothing for.
fn never_asked(unit: &Unit, index: usize, bounds: &Bounds) -> Option<Draft> {
    if bounds.is_empty() || unit.decides(index) {
        return None;
    }
    let earlier = || unit.own_rules().take(index);
    let forever = earlier().find(|(_, rule, _)| scope(rule) == Some(Scope::Forever));
    let container = earlier().find(|(_, _, other)| other.holds_all_with_length(bounds));
    let label = unit.label(index);
    let (code, message) = match (forever, container) {
        (Some((before, ..)), _) => (
            "unreachable-rule",
            format!("{label} is never asked: {} before it takes everything", unit.label(before)),
        ),
        (None, Some((before, ..))) => (
            "contained-rule",
            format!("{label} is never asked: it lies within {} before it", unit.label(before)),
        ),
        (None, None) => (
            "covered-rule",
            format!("{label} is never asked: rules before it together take all that it applies to"),
        ),
    };
    let fate = unit.fate(bounds, index);
    Some(unit.draft(Severity::Warning, code, Some(index), &message, (&[*bounds], &fate)))
}

/// An interval that ends where it begins, or a period of nothing.
fn no_length(unit: &Unit, index: usize, rule: &Rule) -> Option<Draft> {
    let label = unit.label(index);
    let (code, message) = match (rule, scope(rule)) {
        (_, Some(Scope::Interval(interval))) if interval.start == interval.end => {
            ("empty-interval", format!("the interval of {label} ends where it begins"))
        }
        (_, Some(Scope::Period { period, .. })) if period == Period::ZERO => {
            ("empty-period", format!("the period of {label} has no length"))
        }
        (Rule::DropBefore { period }, _) if *period == Period::ZERO => (
            "empty-period",
            format!("the period of {label} has no length: it drops all that has ended"),
        ),
        _ => return None,
    };
    let effect = if rule.keeps() { "kept" } else { "marked unused" };
    let boxes = unit.decided_by(Some(index));
    Some(unit.draft(Severity::Warning, code, Some(index), &message, (&boxes, effect)))
}

/// A load rule that asks for no replica.
fn loads_nowhere(unit: &Unit, index: usize, rule: &Rule) -> Option<Draft> {
    let Rule::Load { tiered_replicants, .. } = rule else { return None };
    let boxes = unit.decided_by(Some(index));
    if !unit.decides(index) || tiered_replicants.iter().any(|(_, replicas)| *replicas > 0) {
        return None;
    }
    let label = unit.label(index);
    let (code, message) = if tiered_replicants.is_empty() {
        ("no-tier", format!("{label} names no tier: what it takes is kept, but loaded nowhere"))
    } else {
        (
            "zero-replicas",
            format!("{label} asks for no replica: what it takes is kept, but loaded nowhere"),
        )
    };
    let area = (&boxes[..], "kept, but loaded nowhere");
    Some(unit.draft(Severity::Info, code, Some(index), &message, area))
}

/// A partial load rule that Druid refuses, or of which it keeps less than lopper does.
fn partial(unit: &Unit, index: usize, rule: &Rule) -> Option<Draft> {
    let Rule::Load { partial: Some(partial), .. } = rule else { return None };
    let label = unit.label(index);
    let boxes = unit.decided_by(Some(index));
    if partial.matcher.is_none() {
        let message = format!("{label} has no matcher: Druid refuses the whole chain");
        let area = (&boxes[..], "kept");
        return Some(unit.draft(Severity::Error, "no-matcher", Some(index), &message, area));
    }
    let falls_through = partial.on_cannot_match.as_deref() == Some("fallThrough");
    let drops_behind = unit.drops_from(index + 1).next()?;
    if !falls_through || !unit.decides(index) {
        return None;
    }
    let message = format!(
        "{label} leaves what its matcher cannot match to later rules, such as {}; metadata does not tell what that is, and here it is kept",
        unit.label(drops_behind)
    );
    let area = (&boxes[..], "kept");
    Some(unit.draft(Severity::Info, "falls-through", Some(index), &message, area))
}

/// A `dropByPeriod` that takes what is newest, now and ever after.
fn drops_newest(unit: &Unit, index: usize, rule: &Rule) -> Option<Draft> {
    let Rule::Drop { scope: Scope::Period { include_future: true, .. } } = rule else {
        return None;
    };
    let boxes = unit.decided_by(Some(index));
    if !boxes.iter().any(|bounds| bounds.start_max == i64::MAX) {
        return None;
    }
    let message = format!(
        "{} drops the newest data and all that is to come; to drop what is old, use dropBeforeByPeriod",
        unit.label(index)
    );
    let area = (&boxes[..], "marked unused");
    Some(unit.draft(Severity::Error, "drops-newest", Some(index), &message, area))
}

/// A rule that keeps the last days without the future, before one that drops the future.
fn drops_future(unit: &Unit, index: usize, rule: &Rule) -> Option<Draft> {
    let Some(Scope::Period { include_future: false, .. }) = scope(rule) else { return None };
    if !rule.keeps() || !unit.decides(index) {
        return None;
    }
    let future = Bounds { start_min: unit.now.millis(), ..Bounds::EVERYTHING };
    let taken = |drop: &usize| -> Vec<Bounds> {
        let boxes = unit.decided_by(Some(*drop));
        boxes.iter().filter_map(|bounds| bounds.and(&future)).collect()
    };
    let drop = unit.drops_from(index + 1).find(|drop| !taken(drop).is_empty())?;
    let message = format!(
        "{} keeps nothing that begins now or later, and {} drops it",
        unit.label(index),
        unit.label(drop)
    );
    let area = (&taken(&drop)[..], "marked unused");
    Some(unit.draft(Severity::Warning, "drops-future", Some(index), &message, area))
}

/// A rule that decides for no segment that is used now. A rule for all is there for what may come.
fn matches_nothing(unit: &Unit, index: usize, rule: &Rule) -> Option<Draft> {
    let boxes = unit.decided_by(Some(index));
    if !unit.decides(index) || unit.audience.is_empty() || scope(rule) == Some(Scope::Forever) {
        return None;
    }
    let message = format!("{} decides for no segment that is used now", unit.label(index));
    let draft = unit.draft(Severity::Info, "matches-nothing", Some(index), &message, (&boxes, ""));
    Some(Draft { when: When::None, ..draft })
}
