//! How a scheduler fares, for those who watch it: a page of metrics, probes, the service manager.

use std::collections::BTreeMap;
use std::fmt::{self, Display};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant as Moment};

use crate::druid::Period;

/// A loop that has given no sign of life for so long hangs. It looks at its files every two seconds.
const LIVES_FOR: Duration = Duration::from_secs(30);

/// One that has not come to its first turn by then hangs as well. It reads all job files before.
const BEGINS_WITHIN: Duration = Duration::from_secs(900);

/// What a scheduler is at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct State {
    /// Whether it acts, or stands by.
    pub acts: bool,
    /// Jobs in force.
    pub jobs: usize,
    /// Job files that are broken.
    pub broken: usize,
    /// Runs that go on.
    pub running: usize,
    /// Whether it was asked to stop.
    pub stops: bool,
}

impl Display for State {
    /// As `systemctl status` shows it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match (self.stops, self.acts) {
            (true, _) => "stops",
            (false, true) => "acts",
            (false, false) => "stands by",
        };
        let s = if self.jobs == 1 { "" } else { "s" };
        write!(f, "{what}, {} job{s}", self.jobs)?;
        if self.running > 0 {
            write!(f, ", {} running", self.running)?;
        }
        match self.broken {
            0 => Ok(()),
            1 => f.write_str("; 1 job file is broken"),
            files => write!(f, "; {files} job files are broken"),
        }
    }
}

/// What the loop has told, shared with other threads.
#[derive(Debug)]
pub struct Health {
    begun: Moment,
    told: Mutex<Told>,
    news: Condvar,
}

impl Default for Health {
    fn default() -> Self {
        Self { begun: Moment::now(), told: Mutex::default(), news: Condvar::default() }
    }
}

#[derive(Debug, Default)]
struct Told {
    /// The loop's last sign of life; none before its first look at the files.
    beat: Option<Moment>,
    state: State,
    /// Runs that have ended.
    ended: u64,
    is_over: bool,
    /// Why the store cannot be used now.
    trouble: Option<String>,
    /// How often the store was opened anew.
    opened: u64,
    jitters: Arc<BTreeMap<String, Period>>,
}

impl Health {
    /// A sign of life of the loop, and what it is at.
    pub fn beat(&self, state: State) {
        let mut told = self.told();
        told.beat = Some(Moment::now());
        told.state = state;
    }

    /// A run has ended.
    pub fn run_ended(&self) {
        self.told().ended += 1;
        self.news.notify_all();
    }

    /// The scheduler has ended.
    pub fn is_over(&self) {
        self.told().is_over = true;
        self.news.notify_all();
    }

    /// Why the store cannot be used now; `None`: it can.
    pub fn in_trouble(&self, trouble: Option<String>) {
        self.told().trouble = trouble;
    }

    /// What [`Self::in_trouble`] was told last.
    pub fn trouble(&self) -> Option<String> {
        self.told().trouble.clone()
    }

    /// The store was opened anew: another file is in its place.
    pub fn store_opened(&self) {
        self.told().opened += 1;
    }

    /// How often the store was opened anew.
    pub fn opened(&self) -> u64 {
        self.told().opened
    }

    /// By how much jobs in force are put off at most.
    pub fn put_off(&self, jitters: BTreeMap<String, Period>) {
        self.told().jitters = Arc::new(jitters);
    }

    /// What [`Self::put_off`] was told last.
    pub fn jitters(&self) -> Arc<BTreeMap<String, Period>> {
        Arc::clone(&self.told().jitters)
    }

    /// What the scheduler is at; nothing before it has looked at its files.
    pub fn state(&self) -> Option<State> {
        let told = self.told();
        told.beat.map(|_| told.state)
    }

    /// Whether the loop goes round, as far as one can tell: it may take a while to come to its first turn.
    pub fn lives(&self, now: Moment) -> bool {
        let (since, limit) = match self.told().beat {
            Some(beat) => (beat, LIVES_FOR),
            None => (self.begun, BEGINS_WITHIN),
        };
        now.saturating_duration_since(since) < limit
    }

    /// Waits until more runs have ended than `ended`, or the scheduler, or the time is over. Answers how many have ended
    /// by then; nothing when the scheduler has.
    pub fn wait(&self, ended: u64, at_most: Duration) -> Option<u64> {
        let nothing_new = |told: &mut Told| told.ended == ended && !told.is_over;
        let waited = self.news.wait_timeout_while(self.told(), at_most, nothing_new);
        let (told, _) = waited.unwrap_or_else(PoisonError::into_inner);
        Some(told.ended).filter(|_| !told.is_over)
    }

    /// Whoever panicked with the lock in hand left nothing half done: each field stands for itself.
    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
