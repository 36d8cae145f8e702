//! docs/schedules.md: its jobs, and what the commands say of them.

use super::{blocks, page};
use crate::support::Lopper;

const PAGE: &str = "docs/schedules.md";

/// The first `count` jobs of the page.
fn jobs(count: usize) -> Lopper {
    let lopper = Lopper::new();
    for (number, job) in blocks(PAGE, "toml").iter().take(count).enumerate() {
        lopper.file(&format!("jobs/{number}.toml"), &job.text);
    }
    lopper
}

/// Each command is shown behind the jobs that it is about.
#[test]
fn every_command_answers_what_the_page_shows() {
    let text = page(PAGE);
    for block in blocks(PAGE, "console") {
        let (command, output) = block.text.split_once('\n').unwrap();
        let (before, _) = text.split_once(&block.text).unwrap();
        let lopper = jobs(before.matches("```toml").count());
        let arguments = command.strip_prefix("$ lopper ").unwrap().split(' ');
        let answer = lopper.run(arguments).code(0);
        assert_eq!(answer.stdout, output, "{}", block.place);
    }
}

#[test]
fn the_lines_for_cron_are_those_of_the_program() {
    let lopper = jobs(1);
    let written = lopper.run(["jobs", "crontab", "--time-zone", "UTC"]).code(0).stdout;
    let folder = lopper.path("").display().to_string();
    let written = written
        .replace(env!("CARGO_BIN_EXE_lopper"), "/usr/local/bin/lopper")
        .replace(&folder, "/srv/lopper/")
        .replace("/jobs/0.toml", "/jobs/nightly-kill.toml");
    let shown = &blocks(PAGE, "crontab")[0];
    assert!(written.contains(&shown.text), "{}:\n{written}", shown.place);
}

/// As the table says, and with the names of its macros.
#[test]
fn every_form_of_the_table_is_read() {
    let text = page(PAGE);
    let (table, _) = text.split_once("\nA field is").unwrap();
    let rows = table.lines().filter(|line| line.starts_with("| `"));
    let cells: Vec<&str> = rows.filter_map(|row| row.split('|').nth(1)).collect();
    let forms: Vec<&str> =
        cells.iter().flat_map(|cell| cell.split('`').skip(1).step_by(2)).collect();
    assert!(forms.len() >= 12, "{forms:?}");
    for form in forms {
        lopper::job::Schedule::parse(form).unwrap_or_else(|wrong| panic!("{form}: {wrong:?}"));
    }
}
