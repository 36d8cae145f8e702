//! enforce-rules: marks unused what newer versions hide, what drop rules drop, and tombstones that hide nothing any
//! more. All passes look at one snapshot; an earlier one's choice keeps its reason.

use std::collections::BTreeSet;

use rusqlite::ToSql;
use serde_json::json;

use crate::config::{self, OnExposure};
use crate::druid::Interval;
use crate::engine::changes::{self, Changed};
use crate::engine::datasources::datasources;
use crate::engine::operation::{self, Operation, StepContext};
use crate::engine::report::{EnforceReport, LeftOut, ReasonChange, StepReport, Warning};
use crate::engine::timeline::{Datasource, Only, Overshadowed, Swept, keep_hidden, sweep};
use crate::engine::{Datasources, Session, chains, exposure, guard, known, ledger};
use crate::error::{Error, Result};
use crate::failpoint;
use crate::ops::{Arguments, EnforceRulesStep, Pass};
use crate::store::{sql, text};

/// The reason of all that is overshadowed, as `select/changed_by_reason.sql` tells it.
const OVERSHADOWED: &str = "overshadowed";

impl Operation for EnforceRulesStep {
    fn name(&self) -> &'static str {
        "enforce-rules"
    }

    fn arguments(&self) -> Result<String> {
        operation::arguments(self.name(), self)
    }

    fn apply(
        &self,
        session: &mut Session<'_>,
        step: StepContext,
        report: &mut StepReport,
    ) -> Result<()> {
        enforce(session, step.id, self, report)
    }
}

impl Arguments for EnforceRulesStep {
    fn on_segments(&mut self) -> Option<(&mut config::Datasources, Option<&mut OnExposure>)> {
        Some((&mut self.datasources, Some(&mut self.on_exposure)))
    }
}

/// Selects, guards and applies one step; `step` is its number in the store.
fn enforce(
    session: &mut Session<'_>,
    step: i64,
    enforce: &EnforceRulesStep,
    report: &mut StepReport,
) -> Result<()> {
    let asked = datasources(session, enforce.datasources.globs(), report)?;
    let mut account = EnforceReport::default();
    let mut left_out = Vec::new();
    session.store.batch("cannot prepare the rules", sql::rules::BOX_TABLE)?;
    if enforce.has(Pass::Rules) {
        left_out = chains::compile(session, &asked, session.logical)?;
    }
    let mut among = asked.without(&left_out);
    let mut partly_visible = None;
    if enforce.has(Pass::Overshadowed) || enforce.has(Pass::Tombstones) {
        let looked = look_at_timelines(session, &among, enforce, report)?;
        among = among.without(&looked.left_out);
        known::warn_of_unknown_types(session, step, &among.numbers, report)?;
        left_out.extend(looked.left_out);
        partly_visible = Some(looked.partly_visible);
    } else {
        report.selected = session.store.row(
            "cannot count the segments",
            sql::select::COUNT_USED,
            &[(":datasources", &among.numbers)],
            |row| row.get(0),
        )?;
    }
    if enforce.has(Pass::Overshadowed) {
        overshadowed(session, step, enforce)?;
    }
    if enforce.has(Pass::Rules) {
        rules(session, step)?;
    }
    if enforce.has(Pass::Overshadowed) {
        account.in_grace = in_grace(session, step, enforce)?;
    }
    guard::locks(session, step, enforce.on_conflict, report)?;
    if enforce.has(Pass::Tombstones) {
        tombstones(session, step, &among)?;
        guard::locks(session, step, enforce.on_conflict, report)?;
    }
    let changed = changes::changes_by_reason(session, step)?;
    let beside_hidden = match &partly_visible {
        Some(_) => hidden_and_used(session, step)?,
        None => BTreeSet::new(),
    };
    let may_uncover = match &partly_visible {
        Some(partly_visible) => dropped_in(&changed, &(&beside_hidden | partly_visible)),
        None => changed.clone(),
    };
    exposure::check(session, step, enforce.on_exposure, &may_uncover, report)?;
    if enforce.has(Pass::Rules) {
        account.unmatched = unmatched(session, step, report)?;
        keep_boxes(session, &asked)?;
    }
    let count = changes::apply(session, step, changes::State::Unused, &changed)?;
    if partly_visible.is_some() {
        know(session, &among, &dropped_in(&changed, &beside_hidden))?;
    }
    report.set_changed(count);
    report.by_datasource = changes::by_datasource(&changed);
    account.by_reason = changed
        .into_iter()
        .map(|one| ReasonChange {
            datasource: one.datasource,
            reason: one.reason,
            segments: one.segments,
            size: one.size,
        })
        .collect();
    report.enforce = Some(account);
    session.leave_out(left_out, report);
    Ok(())
}

/// What the timelines tell, beside `temp.hidden`.
#[derive(Default)]
struct Looked {
    /// Datasources that have no timeline.
    left_out: Vec<LeftOut>,
    /// Numbers of datasources with segments that are visible in a part of their interval alone.
    partly_visible: BTreeSet<i64>,
}

/// The datasources in which something hidden stays used.
fn hidden_and_used(session: &Session<'_>, step: i64) -> Result<BTreeSet<i64>> {
    let found = session.store.rows(
        "cannot look for what is hidden",
        sql::timeline::HIDDEN_AND_USED,
        &[(":step", &step)],
        |row| row.get::<_, i64>(0),
    )?;
    Ok(found.into_iter().collect())
}

/// The changes in some datasources that may bring something to light. What is overshadowed itself shows nothing when it
/// goes.
fn dropped_in(changed: &[Changed], datasources: &BTreeSet<i64>) -> Vec<Changed> {
    let may = |one: &&Changed| one.reason != OVERSHADOWED && datasources.contains(&one.number);
    changed.iter().filter(may).cloned().collect()
}

/// Writes what the timelines hide to `temp.hidden`.
fn look_at_timelines(
    session: &Session<'_>,
    among: &Datasources,
    enforce: &EnforceRulesStep,
    report: &mut StepReport,
) -> Result<Looked> {
    let store = &session.store;
    store.batch("cannot prepare the timeline", sql::timeline::HIDDEN_TABLE)?;
    let mut looked = Looked::default();
    for of in among.each() {
        session.stop.check()?;
        match sweep_used(session, of)? {
            Ok(([found], rows)) => {
                report.selected += rows;
                keep_hidden(session, of, &found.hidden)?;
                if found.has_partly_visible {
                    looked.partly_visible.insert(of.number);
                }
            }
            Err(conflict) => {
                looked.left_out.push(conflict);
                known::doubt(session, &[of.number].into())?;
                if enforce.has(Pass::Rules) {
                    let operation = "cannot leave a datasource out";
                    let datasource: [(&str, &dyn ToSql); 1] = [(":datasource", &of.number)];
                    store.execute(operation, sql::rules::LEAVE_OUT, &datasource)?;
                }
            }
        }
    }
    keep_overshadowed(session, &among.without(&looked.left_out).numbers)?;
    Ok(looked)
}

fn sweep_used(session: &Session<'_>, of: Datasource<'_>) -> Result<Swept<Overshadowed, 1>> {
    let parameters: [(&str, &dyn ToSql); 1] = [(":datasource", &of.number)];
    let sinks = [(Only::All, Overshadowed::default())];
    sweep(session, of, sql::timeline::USED, &parameters, sinks)
}

/// What is in `temp.hidden` takes the place of what an earlier pass found in these datasources.
fn keep_overshadowed(session: &Session<'_>, numbers: &str) -> Result<()> {
    let operation = "cannot keep what is overshadowed";
    let store = &session.store;
    store.execute(operation, sql::apply::FORGET_OVERSHADOWED, &[(":datasources", &numbers)])?;
    failpoint::reach("enforce-rules::overshadowed-forgotten");
    store.execute(operation, sql::apply::KEEP_OVERSHADOWED, &[])?;
    failpoint::reach("enforce-rules::overshadowed-kept");
    Ok(())
}

/// What was found holds after the step as well, but where the step dropped something beside what stays used and hidden:
/// there the pass looks again.
fn know(session: &Session<'_>, among: &Datasources, dropped: &[Changed]) -> Result<()> {
    if !dropped.is_empty() {
        session.store.batch("cannot prepare the timeline", sql::timeline::HIDDEN_TABLE)?;
        let again: BTreeSet<i64> = dropped.iter().map(|one| one.number).collect();
        for of in among.each().filter(|of| again.contains(&of.number)) {
            session.stop.check()?;
            // Fewer segments have a timeline where more had one.
            if let Ok(([found], _)) = sweep_used(session, of)? {
                keep_hidden(session, of, &found.hidden)?;
            }
        }
        keep_overshadowed(session, &json!(again).to_string())?;
    }
    known::know(session, &among.numbers)
}

/// What hides a segment must be older than this moment.
fn settled_before_ms(session: &Session<'_>, enforce: &EnforceRulesStep) -> Result<i64> {
    // Without a grace, what hides a segment may even be of a moment that is still to come.
    if enforce.overshadow_grace.is_empty() {
        return Ok(i64::MAX);
    }
    let before = enforce.overshadow_grace.subtract_from(session.logical);
    let before = before.map_err(|error| Error::usage("cannot enforce the rules").because(error))?;
    Ok(before.millis())
}

/// Selects what is overshadowed, but for what is in its grace.
fn overshadowed(session: &Session<'_>, step: i64, enforce: &EnforceRulesStep) -> Result<()> {
    let store = &session.store;
    let settled = settled_before_ms(session, enforce)?;
    let settled: (&str, &dyn ToSql) = (":settled_before_ms", &settled);
    let operation = "cannot select what is overshadowed";
    store.execute(operation, sql::ledger::ADD_OVERSHADOWED_REASONS, &[settled])?;
    failpoint::reach("enforce-rules::overshadowed-reasons-added");
    store.execute(operation, sql::select::OVERSHADOWED, &[settled, (":step", &step)])?;
    failpoint::reach("enforce-rules::overshadowed-selected");
    Ok(())
}

/// How many hidden segments stay because what hides them is young.
fn in_grace(session: &Session<'_>, step: i64, enforce: &EnforceRulesStep) -> Result<u64> {
    let settled = settled_before_ms(session, enforce)?;
    let parameters: [(&str, &dyn ToSql); 2] = [(":settled_before_ms", &settled), (":step", &step)];
    let operation = "cannot count what is in its grace";
    session.store.row(operation, sql::timeline::IN_GRACE, &parameters, |row| row.get(0))
}

fn rules(session: &Session<'_>, step: i64) -> Result<()> {
    let operation = "cannot select what the rules drop";
    let store = &session.store;
    store.execute(operation, sql::ledger::ADD_RULE_REASONS, &[])?;
    failpoint::reach("enforce-rules::rule-reasons-added");
    store.execute(operation, sql::select::DROPPED_BY_RULES, &[(":step", &step)])?;
    failpoint::reach("enforce-rules::dropped-selected");
    Ok(())
}

fn tombstones(session: &Session<'_>, step: i64, among: &Datasources) -> Result<()> {
    let reason = ledger::reason(session, "tombstone")?;
    let (start, end) = (Interval::ETERNITY.start.millis(), Interval::ETERNITY.end.millis());
    let parameters: [(&str, &dyn ToSql); 5] = [
        (":step", &step),
        (":reason", &reason),
        (":datasources", &among.numbers),
        (":eternity_start_ms", &start),
        (":eternity_end_ms", &end),
    ];
    let operation = "cannot select the eternity tombstones";
    session.store.execute(operation, sql::select::ETERNITY_TOMBSTONES, &parameters)?;
    failpoint::reach("enforce-rules::tombstones-selected");
    Ok(())
}

/// Counts and warns of used segments that no rule holds for.
fn unmatched(session: &Session<'_>, step: i64, report: &mut StepReport) -> Result<u64> {
    let found = session.store.rows(
        "cannot count what no rule matches",
        sql::rules::UNMATCHED,
        &[(":step", &step)],
        |row| Ok((text::shown(row, 0)?, row.get::<_, u64>(1)?)),
    )?;
    let mut sum = 0;
    for (datasource, count) in found {
        sum += count;
        let segments = if count == 1 { "segment" } else { "segments" };
        let message = format!(
            "no rule holds for {count} used {segments} of '{}': kept, but nothing loads them",
            crate::escape::escape(&datasource)
        );
        report.warnings.push(Warning::new("no-rule", message));
    }
    Ok(sum)
}

/// The boxes of this pass take the place of an earlier one's; a datasource that is left out has none.
fn keep_boxes(session: &Session<'_>, asked: &Datasources) -> Result<()> {
    let operation = "cannot keep the rules of the pass";
    let logical = session.logical.millis();
    let store = &session.store;
    store.execute(operation, sql::apply::FORGET_RULE_BOXES, &[(":datasources", &asked.numbers)])?;
    failpoint::reach("enforce-rules::boxes-forgotten");
    store.execute(operation, sql::apply::KEEP_RULE_BOXES, &[(":logical_ms", &logical)])?;
    failpoint::reach("enforce-rules::boxes-kept");
    Ok(())
}
