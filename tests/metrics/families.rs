//! Every family that there is, for the reference.

use super::MARK;
use crate::support::Lopper;

/// A family of metrics, as the program describes it.
pub struct Family {
    pub name: String,
    pub kind: String,
    pub labels: Vec<String>,
    pub help: String,
}

/// Every family, in the order of the page; each has a sample in this story.
pub fn every_family() -> Vec<Family> {
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
    let helps = page.lines("# HELP ").into_iter().zip(page.lines("# TYPE "));
    helps.map(|(help, kind)| family(&page.0, help, kind)).collect()
}

fn family(page: &str, help: &str, kind: &str) -> Family {
    let (name, help) = help.strip_prefix("# HELP ").unwrap().split_once(' ').unwrap();
    let (typed, kind) = kind.strip_prefix("# TYPE ").unwrap().split_once(' ').unwrap();
    assert_eq!(name, typed);
    let mut samples = page.lines().filter(|line| {
        line.strip_prefix(name)
            .is_some_and(|rest| ["{", " ", "_bucket{"].iter().any(|start| rest.starts_with(start)))
    });
    let sample = samples.next().unwrap_or_else(|| panic!("no sample of {name}"));
    let labels = sample.split_once('{').map_or("", |(_, labels)| labels.split_once('}').unwrap().0);
    let labels = labels.split(',').filter_map(|label| label.split_once('='));
    let labels = labels.map(|(label, _)| label.to_owned()).filter(|label| label != "le");
    Family {
        name: name.to_owned(),
        kind: kind.to_owned(),
        labels: labels.collect(),
        help: help.to_owned(),
    }
}
