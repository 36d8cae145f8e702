//! The stories of `explain` as text for people: one segment on one screen.

use std::fmt::Write as _;

use crate::escape::escape;
use crate::explain::report::{
    ChangeStory, Explanation, FileStory, GoneStory, KillStory, Seen, SegmentStory, Sight,
};
use crate::render::explain_many::{datasource, forecast, range};
use crate::render::table::size;

/// Relatives and pieces that are listed; JSON has more.
const LISTED: usize = 10;

/// Any explanation, many lines.
pub fn explanation(told: &Explanation) -> String {
    match told {
        Explanation::Segment(story) => segment(story),
        Explanation::Gone(story) => gone(story),
        Explanation::Range(story) => range(story),
        Explanation::Forecast(story) => forecast(story),
        Explanation::Datasource(story) => datasource(story),
    }
}

/// A line under a label, or a further one of the same.
fn line(text: &mut String, label: &str, value: &str) {
    let _ = writeln!(text, "{label:<10}{}", escape(value));
}

fn segment(story: &SegmentStory) -> String {
    let mut text = String::new();
    let since = story.since.at.as_deref().map(|at| format!(" since {at}")).unwrap_or_default();
    let _ = writeln!(text, "{}", escape(&story.id));
    line(&mut text, "state", &format!("{}{since}", story.state));
    let why = match &story.since.change {
        Some(change) => change_text(change),
        None => "as imported".to_owned(),
    };
    line(&mut text, "", &why);
    line(&mut text, "as of", &story.as_of);
    line(&mut text, "interval", &story.interval);
    let cores = story
        .core_partitions
        .filter(|cores| *cores > 0)
        .map(|cores| format!(" of {cores} core partitions"));
    let rows = story.rows.map(|rows| format!(", {rows} rows")).unwrap_or_default();
    line(
        &mut text,
        "version",
        &format!(
            "{}, partition {} ({}{}), {}{rows}",
            story.version,
            story.partition,
            story.shard_type,
            cores.unwrap_or_default(),
            size(story.size),
        ),
    );
    timeline(&mut text, &story.timeline, story.rules.broken.is_none());
    rules(&mut text, story);
    for (index, kill) in story.kills.iter().enumerate() {
        self::kill(&mut text, kill, index == 0);
    }
    if !story.authoritative {
        line(
            &mut text,
            "",
            "this store is a copy: it kills nothing (authoritative in lopper.toml)",
        );
    }
    files(&mut text, &story.files);
    text
}

fn change_text(change: &ChangeStory) -> String {
    format!(
        "by run {} ({} {}, {}), step {} {}: {}",
        change.run,
        change.run_kind,
        change.name,
        change.started,
        change.step,
        change.op,
        change.reason
    )
}

/// The word of a verdict.
pub(super) fn seen(seen: Seen) -> &'static str {
    match seen {
        Seen::Visible => "visible",
        Seen::PartlyVisible => "partly visible",
        Seen::Overshadowed => "overshadowed",
        Seen::NotVisible => "not visible, and not overshadowed",
        Seen::Unknown => "unknown",
    }
}

fn timeline(text: &mut String, sight: &Sight, is_enforced: bool) {
    let would = if sight.if_used { "if it were used: " } else { "" };
    let by = sight.overshadowed_by.as_deref().map(|by| format!(" by {by}")).unwrap_or_default();
    line(text, "timeline", &format!("{would}{}{by}", seen(sight.seen)));
    if let Some(problem) = &sight.problem {
        line(text, "", problem);
    }
    if let Some(ends) = &sight.grace_ends {
        let when = if sight.in_grace == Some(true) {
            format!(
                "marked unused by the first enforce-rules after {ends}, when its grace PT15M ends"
            )
        } else if sight.if_used || !is_enforced {
            format!("its grace PT15M would have ended {ends}")
        } else {
            format!("marked unused by the next enforce-rules: its grace PT15M ended {ends}")
        };
        line(text, "", &when);
    }
    if sight.seen == Seen::NotVisible && sight.pieces.is_empty() {
        line(
            text,
            "",
            "its version is not complete, or it has no length; nothing else is visible there",
        );
    }
    for piece in sight.pieces.iter().take(LISTED) {
        let who = if piece.is_own { "itself".to_owned() } else { piece.segment.clone() };
        line(text, "", &format!("in {}: {who}", piece.interval));
    }
    more(text, sight.pieces.len());
}

fn more(text: &mut String, count: usize) {
    if count > LISTED {
        line(text, "", &format!("… and {} more (--output json)", count - LISTED));
    }
}

fn rules(text: &mut String, segment: &SegmentStory) {
    let SegmentStory { rules: story, as_of, .. } = segment;
    let would = if segment.timeline.if_used { "if it were used: " } else { "" };
    if let Some(broken) = &story.broken {
        return line(
            text,
            "rules",
            &format!("enforce-rules leaves the datasource alone: {broken}"),
        );
    }
    for (index, asked) in story.asked.iter().enumerate() {
        let label = if index == 0 { "rules" } else { "" };
        let verdict = if asked.applies { "holds" } else { "does not apply" };
        line(
            text,
            label,
            &format!(
                "{} rule {} {} {verdict}: {}",
                asked.chain, asked.rule, asked.description, asked.why
            ),
        );
    }
    if story.effect == "none" {
        let label = if story.asked.is_empty() { "rules" } else { "" };
        line(text, label, "no rule holds: it is kept, but nothing loads it");
    }
    match (&story.drops_at, &story.drops_by) {
        (Some(at), Some(by)) if at == as_of => {
            line(text, "dropped", &format!("{would}by the next enforce-rules: {by}"));
        }
        (Some(at), Some(by)) => line(text, "dropped", &format!("{would}from {at} on: {by}")),
        _ => line(text, "dropped", &format!("{would}never, by a rule in force")),
    }
}

fn kill(text: &mut String, kill: &KillStory, is_whole: bool) {
    let schedule =
        kill.schedule.as_deref().map(|schedule| format!(" ({schedule})")).unwrap_or_default();
    let verdict = if kill.eligible { "would be taken" } else { "not killable" };
    let from = match (&kill.killable_from, &kill.provided) {
        (Some(from), Some(provided)) => format!(", from {from} on if {provided}"),
        (Some(from), None) => format!(", from {from} on"),
        (None, _) => String::new(),
    };
    let limit = kill.limit.map(|limit| format!("; {limit} a run, oldest end first"));
    let by = if kill.by == "defaults" { "by the defaults" } else { &kill.by };
    let label = if is_whole { "kill" } else { "" };
    line(text, label, &format!("{by}{schedule}: {verdict}{from}{}", limit.unwrap_or_default()));
    for condition in kill.conditions.iter().filter(|condition| is_whole || !condition.met) {
        let mark = if condition.met { "met   " } else { "blocks" };
        let from = match &condition.met_from {
            // A lock tells its end itself.
            Some(from) if !condition.met && condition.name != "locks" => {
                format!(", met from {from} on")
            }
            _ => String::new(),
        };
        line(text, "", &format!("  {mark}  {}{from}", condition.text));
    }
}

fn files(text: &mut String, story: &FileStory) {
    let file = story.file.as_deref().unwrap_or("none");
    let load_type = story.load_type.as_deref().map(|name| format!(" ({name})")).unwrap_or_default();
    line(text, "file", &format!("{file}{load_type}"));
    line(text, "", &story.meaning);
    for relative in story.shared_with.iter().take(LISTED) {
        line(text, "", &format!("{}: {} ({})", relative.how, relative.id, relative.state));
    }
    more(text, story.shared_with.len());
}

fn gone(story: &GoneStory) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "{}", escape(&story.id));
    line(&mut text, "state", &format!("gone: {} at {}", story.how, story.change.started));
    line(&mut text, "", &change_text(&story.change));
    line(&mut text, "interval", &story.interval);
    line(
        &mut text,
        "version",
        &format!("{}, partition {}, {}", story.version, story.partition, size(story.size)),
    );
    match &story.journal {
        None => line(&mut text, "file", "not lopper's to delete: an import replaced the row"),
        Some(journal) => {
            let fate = match (journal.state.as_str(), &journal.closed) {
                ("done", Some(closed)) => format!("gone since {closed}"),
                ("deferred", _) => "waits for the last living relative (deferred)".to_owned(),
                _ => format!("still to be deleted (pending, tried {} times)", journal.attempts),
            };
            line(&mut text, "journal", &format!("moved {}; its file: {fate}", journal.moved));
            if let Some(error) = &journal.last_error {
                line(&mut text, "", error);
            }
            files(&mut text, &story.files);
        }
    }
    text
}
