//! `docs/metrics.md` names every metric, and no other.

use std::collections::BTreeSet;

use super::{MARK, Page};
use crate::support::Lopper;

/// Rows of the page's table: name, type, labels.
fn documented() -> BTreeSet<(String, String, BTreeSet<String>)> {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/metrics.md"));
    page.unwrap()
        .lines()
        .filter(|line| line.starts_with("| `lopper_"))
        .map(|line| {
            let cells: Vec<_> = line.split('|').map(str::trim).collect();
            let labels = cells[3].split(", ").filter(|label| !label.is_empty());
            let label = |label: &str| label.trim_matches('`').to_owned();
            (label(cells[1]), cells[2].to_owned(), labels.map(label).collect())
        })
        .collect()
}

/// What the program says of itself.
fn told(page: &Page) -> BTreeSet<(String, String, BTreeSet<String>)> {
    let families = page.lines("# TYPE ");
    let family = |line: &&str| {
        let (name, kind) = line.strip_prefix("# TYPE ").unwrap().split_once(' ').unwrap();
        let sample = page.0.lines().find(|line| {
            line.strip_prefix(name).is_some_and(|rest| {
                ["{", " ", "_bucket{"].iter().any(|start| rest.starts_with(start))
            })
        });
        let labels = sample
            .unwrap_or_else(|| panic!("no sample of {name}"))
            .split_once('{')
            .map_or("", |(_, labels)| labels.split_once('}').unwrap().0);
        let labels = labels.split(',').filter_map(|label| label.split_once('='));
        let labels = labels.map(|(label, _)| label.to_owned()).filter(|label| label != "le");
        (name.to_owned(), kind.to_owned(), labels.collect())
    };
    families.iter().map(family).collect()
}

#[test]
fn the_page_names_every_metric_with_its_type_and_labels() {
    let kill = "
        [[step]]
        op = 'kill'
        datasource = 'wiki'
        buffer_period = 'PT0S'
        ignore_duration_to_retain = true";
    let job = format!("schedule = '@hourly'\non_success = 'exit 3'\n{MARK}\n{kill}");
    let lopper = Lopper::new()
        .clock("2024-06-01T12:30:00.000Z")
        .authoritative()
        .segments(["wiki 2015-09-12/P1D", "koalas 2015-09-12/P1D"])
        .job("tidy", &job);
    let (lopper, _) = lopper.scheduled_at("12:30:00");
    let (_, page) = lopper.scheduled_at("13:00:00");
    assert_eq!(documented(), told(&page));
}
