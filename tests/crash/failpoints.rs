//! Deaths at every place that the program names between two effects (`FAILPOINTS`).

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::kept::Kept;
use super::stories;
use crate::support::{Answer, Lopper};

const ABORTED: i32 = 128 + 6;
const KILLED: i32 = 128 + 9;

/// Places that are come to as time passes: once for sure, and nobody knows how often more.
const BY_TIME: [&str; 1] = ["schedule::lease-renewed"];

/// What a test compares of an installation.
pub type Facts = Vec<Vec<String>>;

/// Looks at an installation at the moment that the text tells of.
type Check = Box<dyn Fn(&Lopper, &str)>;

/// A command that is told again and again, each time with a death at the next place.
pub struct Story {
    /// As it is before the command.
    pub lopper: Lopper,
    pub command: Vec<&'static str>,
    /// What a person types after a death.
    pub again: Vec<Vec<&'static str>>,
    /// The codes that may end with: after a death behind the last effect there may be nothing left to do.
    pub codes: &'static [i32],
    /// What the story comes to, whatever number of attempts it took.
    pub end: fn(&Lopper) -> Facts,
    /// Whether a death leaves the beginning or the end, and nothing between.
    pub is_atomic: bool,
    /// What holds at every moment.
    pub sound: Check,
}

impl Story {
    /// A command that is all or nothing, and is typed again.
    pub fn new(lopper: Lopper, command: &[&'static str]) -> Self {
        Self {
            lopper,
            command: command.to_vec(),
            again: vec![command.to_vec()],
            codes: &[0],
            end: |lopper| vec![lopper.states()],
            is_atomic: true,
            sound: Box::new(|_, _| ()),
        }
    }

    /// Tells it to its end, undisturbed. Answers the places in the order they are come to.
    fn places(&self) -> Vec<String> {
        let mut command = self.lopper.command(&self.command);
        let answer = Answer::of(command.env("FAILPOINTS_LIST", "1"));
        assert!(self.codes.contains(&answer.exit_code), "{answer}");
        let places = answer.stderr.lines().filter_map(|line| line.strip_prefix("failpoint "));
        places.map(str::to_owned).collect()
    }

    /// Tells it with a death at each place: the first, the second and the last time it is come to. One death in five
    /// is a SIGKILL.
    pub fn die_everywhere(&self) {
        let beginning = Kept::of(&self.lopper);
        let facts = || self.lopper.store().exists().then(|| (self.end)(&self.lopper));
        let before = facts();
        let places = self.places();
        (self.sound)(&self.lopper, "undisturbed");
        let end = facts();
        assert!(!places.is_empty(), "no place");
        for (number, (place, time)) in deaths(&places).into_iter().enumerate() {
            beginning.put_back();
            let signal = if number % 5 == 4 { ("kill", KILLED) } else { ("abort", ABORTED) };
            if !self.lopper.dies_or_is_done_at(&self.command, place, time, signal, self.codes) {
                continue;
            }
            let when = format!("after {} at {place}, time {time}", signal.0);
            (self.sound)(&self.lopper, &when);
            if self.is_atomic {
                let now = facts();
                assert!(now == before || now == end, "{now:#?} {when}");
            }
            for command in &self.again {
                let answer = self.lopper.run(command);
                assert!(self.codes.contains(&answer.exit_code), "{when}: {answer}");
                (self.sound)(&self.lopper, &when);
            }
            assert_eq!(facts(), end, "{when}");
        }
    }
}

/// Each place with its first, second and last time.
fn deaths(places: &[String]) -> Vec<(&str, usize)> {
    let mut counts = BTreeMap::new();
    for place in places {
        *counts.entry(place.as_str()).or_insert(0) += 1;
    }
    let times = |(place, count): (_, usize)| {
        let count = if BY_TIME.contains(&place) { 1 } else { count };
        BTreeSet::from([1, 2.min(count), count]).into_iter().map(move |time| (place, time))
    };
    counts.into_iter().flat_map(times).collect()
}

impl Lopper {
    /// Runs until `place` is come to for the `time`-th time (from 1).
    pub fn dies_at(&self, arguments: &[&str], place: &str, time: usize, (how, code): (&str, i32)) {
        self.answer_at(arguments, place, time, how).code(code);
    }

    /// As `dies_at`; a place that is come to when time has passed may not be come to by one that is faster: then it ends
    /// with one of `codes`, and the answer is no.
    fn dies_or_is_done_at(
        &self,
        arguments: &[&str],
        place: &str,
        time: usize,
        signal: (&str, i32),
        codes: &[i32],
    ) -> bool {
        let answer = self.answer_at(arguments, place, time, signal.0);
        if BY_TIME.contains(&place) && codes.contains(&answer.exit_code) {
            return false;
        }
        answer.code(signal.1);
        true
    }

    fn answer_at(&self, arguments: &[&str], place: &str, time: usize, how: &str) -> Answer {
        let alive = if time > 1 { format!("{}*off->", time - 1) } else { String::new() };
        let action = format!("{place}={alive}return({how})");
        Answer::of(self.command(arguments).env("FAILPOINTS", action))
    }

    /// As `dies_at`, the first time, by abort.
    pub fn aborts_at(&self, arguments: &[&str], place: &str) {
        self.dies_at(arguments, place, 1, ("abort", ABORTED));
    }
}

macro_rules! tell {
    ($($story:ident),* $(,)?) => {
        $(#[test]
        fn $story() {
            stories::$story().die_everywhere();
        })*

        /// Every story above.
        const ALL: &[fn() -> Story] = &[$(stories::$story),*];
    };
}

tell![
    a_kill_is_finished_by_the_next,
    a_kill_with_a_refused_file_is_finished_by_the_next,
    a_kill_of_an_unmounted_disk_returns_what_it_moved,
    a_kill_that_finishes_a_dead_one_is_finished_by_the_next,
    a_resumed_kill_is_finished_by_the_next,
    a_restore_brings_all_back_or_can_be_tried_again,
    two_marks_of_a_job_happen_together,
    a_hook_that_fails_changes_nothing,
    a_mark_used_beside_what_is_hidden_and_locked,
    a_mark_unused_beside_what_is_locked,
    an_enforcement_happens_as_a_whole,
    a_job_of_marks_and_kills_can_be_run_again,
    an_import_with_replace_happens_as_a_whole,
    a_first_import_can_be_tried_again,
    a_chain_is_in_force_or_the_old_one,
    a_lock_is_held_or_not,
    a_lock_is_removed_or_not,
    a_store_is_of_the_old_version_or_the_new,
    a_repair_is_finished_by_the_next,
    an_export_is_whole_or_the_old_one,
    a_fire_is_run_once,
    fires_that_are_not_run_are_accounted_for,
    a_clock_put_back_starts_a_job_anew,
    a_failure_is_told_of,
    a_new_job_is_remembered,
    a_scheduled_kill_that_dies_is_finished_by_the_next,
];

/// The names that the sources give to places.
fn named(folder: &Path, names: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            named(&path, names);
        } else {
            let source = std::fs::read_to_string(path).unwrap();
            let calls = source.split("failpoint::reach(\"").skip(1);
            names.extend(calls.map(|call| call.split('"').next().unwrap().to_owned()));
        }
    }
}

#[test]
fn no_place_is_forgotten() {
    let mut names = BTreeSet::new();
    named(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut names);
    assert!(names.len() >= 60, "{} places", names.len());
    let mut died_at: BTreeSet<String> = ALL.iter().flat_map(|story| story().places()).collect();
    // A lease of a second is not renewed in a story that takes less; tests of the scheduler die there.
    died_at.extend(BY_TIME.map(str::to_owned));
    let forgotten: Vec<_> = names.symmetric_difference(&died_at).collect();
    assert!(forgotten.is_empty(), "no story comes to {forgotten:?}");
    for name in names {
        let (operation, what) = name.split_once("::").unwrap();
        let is_plain = |part: &str| part.chars().all(|c| c.is_ascii_lowercase() || c == '-');
        assert!(is_plain(operation) && is_plain(what), "{name}");
    }
}
