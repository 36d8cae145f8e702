//! `history`: past runs, from the ledger.

use std::process::ExitCode;

use clap::Args;
use serde::{Deserialize, Serialize};

use crate::cli::Place;
use crate::engine::report::Warning;
use crate::engine::{RunRow, StepRow, history, run_changes, run_row, run_steps};
use crate::error::{Error, Result};
use crate::escape::escape;
use crate::render::show;
use crate::render::table::table;

#[derive(Debug, Args)]
pub(super) struct HistoryArgs {
    /// One run, with its steps and changes.
    #[arg(value_name = "RUN", value_parser = number)]
    run: Option<i64>,
    /// How many runs, or changes of the run, to show at most.
    #[arg(long, value_name = "N", default_value_t = 20)]
    limit: u32,
}

/// The number of a run.
fn number(text: &str) -> std::result::Result<i64, String> {
    text.parse().map_err(|_| {
        "a run is named by its number: `lopper history` lists the runs, and SQL finds others, such as \
         SELECT run, name, message FROM runs WHERE outcome = 'refused'"
            .to_owned()
    })
}

/// One run with all that is known of it.
#[derive(Debug, Serialize)]
struct Story {
    #[serde(flatten)]
    run: RunRow,
    steps: Vec<StepRow>,
    changes: Vec<Change>,
}

#[derive(Debug, Serialize)]
struct Change {
    step: String,
    id: String,
    before: String,
    after: String,
    reason: String,
}

impl HistoryArgs {
    pub(super) fn run(&self, place: &Place<'_>) -> Result<ExitCode> {
        let store = place.open_to_read()?;
        match self.run {
            None => {
                let runs = history(&store, self.limit)?;
                place.print(&runs, || runs_table(&runs))?;
            }
            Some(run) => {
                let Some(row) = run_row(&store, run)? else {
                    return Err(Error::usage(format!("there is no run {run}"))
                        .help("`lopper history` lists the runs"));
                };
                let changes = run_changes(&store, run, self.limit)?;
                let changes = changes.into_iter().map(|[step, id, before, after, reason]| Change {
                    step,
                    id,
                    before,
                    after,
                    reason,
                });
                let story =
                    Story { run: row, steps: run_steps(&store, run)?, changes: changes.collect() };
                place.print(&story, || story.text())?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn runs_table(runs: &[RunRow]) -> String {
    let rows = runs.iter().map(|run| {
        [
            run.run.map(|run| run.to_string()).unwrap_or_default(),
            run.started.clone().unwrap_or_default(),
            run.kind.clone(),
            run.name.clone(),
            run.outcome.clone(),
            run.changed.to_string(),
            run.warnings.to_string(),
            run.message
                .as_deref()
                .unwrap_or_default()
                .lines()
                .next()
                .unwrap_or_default()
                .to_owned(),
        ]
    });
    table(
        ["run", "started", "kind", "name", "outcome", "changed", "warnings", "message"],
        &rows.collect::<Vec<_>>(),
    )
}

/// Lines of what a step warned of, as its report has it.
fn step_warnings(text: &mut String, step: &StepRow) {
    let report = step.report.as_deref().unwrap_or_default();
    let Ok(Warned { warnings }) = serde_json::from_str(report) else { return };
    let number = usize::try_from(step.step).unwrap_or_default();
    let mut lines = String::new();
    show::warnings(&mut lines, number, &warnings);
    if !lines.is_empty() {
        text.push_str("\n\n");
        text.push_str(lines.trim_end());
    }
}

/// Of a step's report.
#[derive(Debug, Deserialize)]
struct Warned {
    warnings: Vec<Warning>,
}

impl Story {
    /// A message of several lines, such as what a check has found: the table of runs has the first alone.
    fn whole_message(&self) -> String {
        let message = self.run.message.as_deref().unwrap_or_default().trim_end();
        if !message.contains('\n') {
            return String::new();
        }
        let lines: Vec<_> = message.lines().map(escape).collect();
        format!("\n\n{}", lines.join("\n"))
    }

    fn text(&self) -> String {
        let mut text = runs_table(std::slice::from_ref(&self.run));
        let number =
            |number: Option<i64>| number.map(|number| number.to_string()).unwrap_or_default();
        let steps = self.steps.iter().map(|step| {
            [
                step.step.to_string(),
                step.op.clone(),
                number(step.selected),
                step.changed.to_string(),
                number(step.skipped),
                step.arguments.clone(),
            ]
        });
        text.push_str(&self.whole_message());
        text.push_str("\n\n");
        text.push_str(&table(
            ["step", "operation", "selected", "changed", "skipped", "arguments"],
            &steps.collect::<Vec<_>>(),
        ));
        for step in &self.steps {
            step_warnings(&mut text, step);
        }
        if self.changes.is_empty() {
            return text;
        }
        let changes = self.changes.iter().map(|change| {
            [
                change.step.clone(),
                change.before.clone(),
                change.after.clone(),
                change.reason.clone(),
                change.id.clone(),
            ]
        });
        text.push_str("\n\n");
        text.push_str(&table(
            ["step", "before", "after", "reason", "segment"],
            &changes.collect::<Vec<_>>(),
        ));
        let shown = i64::try_from(self.changes.len()).unwrap_or(i64::MAX);
        if self.run.changed > shown {
            text.push_str(&format!(
                "\n… and {} more: --limit N, or SELECT * FROM changes WHERE run = {}",
                self.run.changed - shown,
                self.run.run.unwrap_or_default()
            ));
        }
        text
    }
}
