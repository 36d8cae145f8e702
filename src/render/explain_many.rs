//! Ranges, forecasts and datasources as text.

use std::fmt::Write as _;

use crate::escape::escape;
use crate::explain::report::{DatasourceStory, Forecast, ForecastEvent, RangeGroup, RangeStory};
use crate::render::explain::seen;
use crate::render::table::{count, size, table};

/// The groups of an interval.
pub(super) fn range(story: &RangeStory) -> String {
    let mut text = format!(
        "{} in {}, as of {}: {} segments, {}\n",
        escape(&story.datasource),
        story.interval,
        story.as_of,
        count(story.segments),
        size(story.size)
    );
    problems(&mut text, &story.problems);
    if story.groups.is_empty() {
        return text;
    }
    let rows = story.groups.iter().map(group_row).collect::<Vec<_>>();
    let header = [
        "interval", "version", "state", "timeline", "rule", "dropped", "killable", "segments",
        "size",
    ];
    let _ = writeln!(text, "{}", table(header, &rows));
    if story.more_groups > 0 {
        let _ = writeln!(
            text,
            "… and {} more groups: choose a shorter --interval",
            count(story.more_groups)
        );
    }
    text
}

fn group_row(group: &RangeGroup) -> [String; 9] {
    let sight = match (&group.overshadowed_by, group.seen) {
        (Some(by), Some(verdict)) => format!("{} by {by}", seen(verdict)),
        (None, Some(verdict)) => seen(verdict).to_owned(),
        (_, None) => String::new(),
    };
    let dropped = match (&group.drops_first, &group.drops_last) {
        // That would be the moment if it were used.
        _ if group.state != "used" => String::new(),
        (Some(first), Some(last)) if first == last => first.clone(),
        (Some(first), Some(last)) => format!("{first} … {last}"),
        (Some(first), None) => format!("{first} … never"),
        (None, Some(last)) => format!("never … {last}"),
        (None, None) => "never".to_owned(),
    };
    let killable = match (&group.killable_from, group.never_stamped) {
        (Some(from), 0) => from.clone(),
        (Some(from), never) => format!("{from} ({never} never stamped)"),
        (None, 0) => String::new(),
        (None, _) => "never stamped".to_owned(),
    };
    [
        group.interval.clone(),
        group.version.clone(),
        group.state.clone(),
        sight,
        group.rule.clone().unwrap_or_else(|| "none".to_owned()),
        dropped,
        killable,
        count(group.segments),
        size(group.size),
    ]
}

fn problems(text: &mut String, problems: &[String]) {
    for problem in problems {
        let _ = writeln!(text, "cannot judge: {}", escape(problem));
    }
}

/// What happens, day by day.
pub(super) fn forecast(story: &Forecast) -> String {
    let mut text = format!(
        "forecast of {} from {} until {}\n",
        escape(&story.datasource),
        story.from,
        story.until
    );
    for run in &story.runs {
        let _ = writeln!(text, "each day: {} ({})", escape(&run.job), run.steps.join(", "));
    }
    for note in &story.notes {
        let _ = writeln!(text, "note: {}", escape(note));
    }
    if story.events.is_empty() {
        text.push_str("nothing happens\n");
        return text;
    }
    let rows = story.events.iter().filter(|event| event.refused.is_none()).map(event_row);
    let rows = rows.collect::<Vec<_>>();
    if !rows.is_empty() {
        let header = ["day", "job", "step", "operation", "reason", "segments", "size"];
        let _ = writeln!(text, "\n{}", table(header, &rows));
    }
    refusals(&mut text, &story.events);
    if story.totals.is_empty() {
        return text;
    }
    text.push('\n');
    let rows = story.totals.iter().map(|total| {
        [
            total.job.clone(),
            total.op.clone(),
            total.reason.clone(),
            count(total.segments),
            size(total.size),
        ]
    });
    let header = ["in all", "operation", "reason", "segments", "size"];
    let _ = writeln!(text, "{}", table(header, &rows.collect::<Vec<_>>()));
    text
}

/// Each refusal once, with its days: a job that is refused today is so tomorrow.
fn refusals(text: &mut String, events: &[ForecastEvent]) {
    let mut told: Vec<(&ForecastEvent, &ForecastEvent, usize)> = Vec::new();
    for event in events.iter().filter(|event| event.refused.is_some()) {
        let is_same =
            |first: &ForecastEvent| first.job == event.job && first.refused == event.refused;
        match told.iter_mut().find(|(first, _, _)| is_same(first)) {
            Some((_, last, days)) => {
                *last = event;
                *days += 1;
            }
            None => told.push((event, event, 1)),
        }
    }
    for (first, last, days) in told {
        let _ = writeln!(
            text,
            "refused: {} on {days} days from {} to {}: {}",
            escape(&first.job),
            first.at,
            last.at,
            escape(first.refused.as_deref().unwrap_or_default())
        );
    }
}

fn event_row(event: &ForecastEvent) -> [String; 7] {
    [
        event.at.clone(),
        event.job.clone(),
        event.step.to_string(),
        event.op.clone(),
        event.reason.clone(),
        count(event.segments),
        size(event.size),
    ]
}

/// The chain in force, and what each rule decides for.
pub(super) fn datasource(story: &DatasourceStory) -> String {
    let mut text = format!(
        "{}, as of {}: {} used segments",
        escape(&story.datasource),
        story.as_of,
        count(story.used)
    );
    if let Some(overshadowed) = story.overshadowed {
        let _ = write!(text, ", {} of them overshadowed", count(overshadowed));
    }
    text.push('\n');
    problems(&mut text, &story.problems);
    let rows = story.rules.iter().map(|rule| {
        [
            rule.rule.clone().unwrap_or_else(|| "no rule".to_owned()),
            rule.effect.clone(),
            count(rule.segments),
            size(rule.size),
        ]
    });
    let rows = rows.collect::<Vec<_>>();
    if !rows.is_empty() {
        let _ = writeln!(text, "{}", table(["rule", "effect", "segments", "size"], &rows));
    }
    text.push_str("what is to come: --until P60D; a part of it: --interval I\n");
    text
}
