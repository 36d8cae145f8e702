//! The jobs of an agenda in the order in which they are looked at. What a turn of the loop costs depends on what is due, not
//! on how many jobs there are: a loop that went through all of them for each run that ends would need minutes for
//! thousands of jobs of one time.

use std::collections::{BTreeMap, BTreeSet};

use crate::druid::Instant;

/// When a job is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Turn {
    /// Not before then.
    pub(super) wake: Instant,
    /// Since when it counts as due: its place among those that are.
    pub(super) since: Instant,
    /// Of those that are due since the same time, the one comes first that was not started, or was started earlier: by
    /// their names, the first of the alphabet would gain a little on the others each time.
    pub(super) rank: u64,
    /// Whether it has been looked at, and waits for a place, a store, or a run elsewhere.
    pub(super) waits: bool,
}

/// By a time, then by rank.
type Jobs = BTreeSet<(Instant, u64, String)>;

/// Each job is in one of three sets, or in none while nothing can happen to it by itself.
#[derive(Debug, Default)]
pub(super) struct Queue {
    turns: BTreeMap<String, Turn>,
    /// By when they wake.
    asleep: Jobs,
    /// Due and not looked at yet, by since when.
    new: Jobs,
    /// Due and waiting, by since when.
    waiting: Jobs,
}

impl Queue {
    /// Puts a job where it belongs now; `None`: nothing happens to it by itself.
    pub(super) fn put(&mut self, name: &str, turn: Option<Turn>) {
        if self.turns.get(name).copied() == turn {
            return;
        }
        if let Some(before) = self.turns.remove(name) {
            let name = name.to_owned();
            let awake = (before.since, before.rank, name.clone());
            let asleep = (before.wake, before.rank, name);
            // It is in one of them.
            let _ = self.asleep.remove(&asleep)
                || self.new.remove(&awake)
                || self.waiting.remove(&awake);
        }
        if let Some(turn) = turn {
            self.turns.insert(name.to_owned(), turn);
            self.asleep.insert((turn.wake, turn.rank, name.to_owned()));
        }
    }

    /// Wakes those whose time has come.
    pub(super) fn look(&mut self, now: Instant) {
        while self.asleep.first().is_some_and(|(wake, ..)| *wake <= now) {
            let Some((.., name)) = self.asleep.pop_first() else { return };
            let Some(turn) = self.turns.get(&name) else { continue };
            let jobs = if turn.waits { &mut self.waiting } else { &mut self.new };
            jobs.insert((turn.since, turn.rank, name));
        }
    }

    /// The first of those that are due, so many at most: the one that has been due longest first, whether it waits or not.
    pub(super) fn due(&self, most: usize) -> Vec<String> {
        let (mut new, mut waiting) = (self.new.iter().peekable(), self.waiting.iter().peekable());
        let mut due = Vec::new();
        while due.len() < most {
            let is_new = match (new.peek(), waiting.peek()) {
                (None, None) => break,
                (new, None) => new.is_some(),
                (new, Some(waiting)) => new.is_some_and(|new| new < waiting),
            };
            let first = if is_new { new.next() } else { waiting.next() };
            due.extend(first.map(|(.., name)| name.clone()));
        }
        due
    }

    /// Those that are due and do not wait yet.
    pub(super) fn new_ones(&self) -> Vec<String> {
        self.new.iter().map(|(.., name)| name.clone()).collect()
    }

    /// Whether one is due by then.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        !self.new.is_empty()
            || !self.waiting.is_empty()
            || self.wake().is_some_and(|wake| wake <= now)
    }

    /// When to look again. What is due already is to be looked at soon.
    pub(super) fn wake(&self) -> Option<Instant> {
        let is_awake = !self.new.is_empty() || !self.waiting.is_empty();
        let asleep = self.asleep.first().map(|(wake, ..)| *wake);
        if is_awake { Some(Instant::EPOCH) } else { asleep }
    }
}
