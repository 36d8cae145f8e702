//! The loop: it looks at the clock and the job files, starts what is due in threads of their own, and hears how they end.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::{Duration, Instant as Moment};

use crate::clock::Clock;
use crate::config::Config;
use crate::engine::{Stop, Worker};
use crate::error::{Error, Kind, Result};
use crate::schedule::agenda::Agenda;
use crate::schedule::clock_steps::ClockSteps;
use crate::schedule::files::{JobFiles, Read};
use crate::schedule::health::{Health, State};
use crate::schedule::lease::Lease;
use crate::schedule::notify::Notify;
use crate::schedule::options::Options;
use crate::schedule::place::Place;
use crate::schedule::trouble::Trouble;
use crate::schedule::warnings::Warned;
use crate::schedule::work::Done;
use crate::store::Store;

/// How long the loop waits for the store's write lock: what it cannot write now it writes a little later.
pub(super) const PATIENCE: Duration = Duration::from_millis(250);

/// How long what is interrupted may take to end: it rolls back, or what it does never looks whether to stop.
const LAST_MOMENT: Duration = Duration::from_millis(900);

/// What the loop hears of.
#[derive(Debug)]
pub enum Event {
    /// A signal, by its number.
    Signal(i32),
    /// A run has ended.
    Ended(Box<Done>),
    /// The hook of an earlier run, by its number, has been called.
    Called(i64),
}

/// A run that goes on.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) stop: Stop,
    pub(super) thread: JoinHandle<()>,
}

/// One scheduler.
#[derive(Debug)]
pub struct Scheduler {
    pub(super) store: Store,
    pub(super) config: Arc<Config>,
    pub(super) clock: Clock,
    pub(super) options: Options,
    pub(super) files: JobFiles,
    pub(super) agenda: Agenda,
    pub(super) lease: Lease,
    pub(super) acts: bool,
    /// The store was busy: who acts is not known yet.
    pub(super) is_unsure: bool,
    pub(super) place: Place,
    /// The store must be opened anew before it is used.
    pub(super) is_damaged: bool,
    pub(super) trouble: Option<Trouble>,
    pub(super) warned: Warned,
    pub(super) runs: BTreeMap<String, Running>,
    /// Hooks of earlier runs that are being called, by the run.
    pub(super) calls: BTreeMap<i64, Running>,
    pub(super) sender: Sender<Event>,
    events: Receiver<Event>,
    pub(super) next_look: Moment,
    pub(super) next_beat: Moment,
    stopping: Option<Moment>,
    /// The grace is over: what still runs was told to stop at once.
    is_interrupted: bool,
    clock_steps: ClockSteps,
    pub(super) systemd: Notify,
    pub(super) health: Arc<Health>,
    /// The worst that has come of a run which is not tried again, as an exit code; 0: nothing bad.
    pub(super) worst: u8,
}

impl Scheduler {
    /// A scheduler on an open store.
    ///
    /// # Errors
    /// SQLite's.
    pub fn new(store: Store, config: Config, clock: Clock, options: Options) -> Result<Self> {
        store.wait_at_most(PATIENCE)?;
        let (sender, events) = mpsc::channel();
        let now = Moment::now();
        let place = Place::of(&store)?;
        Ok(Self {
            store,
            config: Arc::new(config),
            clock,
            files: JobFiles::new(options.jobs.clone()),
            agenda: Agenda::default(),
            lease: Lease::new(Worker::of_process(), options.lease_ms),
            acts: false,
            is_unsure: false,
            place,
            is_damaged: false,
            trouble: None,
            warned: Warned::default(),
            runs: BTreeMap::new(),
            calls: BTreeMap::new(),
            sender,
            events,
            next_look: now,
            next_beat: now,
            stopping: None,
            is_interrupted: false,
            clock_steps: ClockSteps::from(clock),
            systemd: Notify::of_process(),
            health: Arc::default(),
            worst: 0,
            options,
        })
    }

    /// Where to tell of signals.
    pub fn sender(&self) -> Sender<Event> {
        self.sender.clone()
    }

    /// How it fares, for other threads to see.
    pub fn health(&self) -> Arc<Health> {
        Arc::clone(&self.health)
    }

    /// Schedules until a signal ends it.
    ///
    /// # Errors
    /// When the store fails for good.
    pub fn run(&mut self) -> Result<()> {
        self.look(Read::All)?;
        while !self.is_over(Moment::now()) {
            match self.check_place().and_then(|()| self.turn()) {
                Ok(()) => self.is_well(),
                Err(error) => self.bear(error)?,
            }
        }
        self.systemd.stopping();
        self.acts = false;
        self.tell_state();
        match self.lease.give_back(&self.store, self.clock) {
            Err(error) if error.kind() == Kind::Busy || self.trouble.is_some() => {
                tracing::warn!("the lease ends by itself: {}", error.log_line());
            }
            given => given?,
        }
        self.all_have_ended()
    }

    /// What does not end is left to the end of the process, as in a crash.
    fn all_have_ended(&self) -> Result<()> {
        if self.is_at_rest() {
            return Ok(());
        }
        let runs = self.runs.keys().map(|name| format!("runs of '{name}'"));
        let hooks = self.calls.keys().map(|run| format!("the hook of run {run}"));
        let names: Vec<_> = runs.chain(hooks).collect();
        Err(Error::failed(format!(
            "the grace is over, and {} do not end: the scheduler ends without them",
            names.join(", ")
        ))
        .help("what they had committed stands, and the next start closes them as died"))
    }

    /// Does what is to be done now, and waits for what comes next.
    fn turn(&mut self) -> Result<()> {
        let moment = Moment::now();
        self.clock_steps.look(self.clock);
        if moment >= self.next_beat {
            self.tend(moment)?;
        }
        if moment >= self.next_look {
            self.look(Read::Changed)?;
        }
        if self.acts && self.stopping.is_none() {
            self.start_due()?;
            self.call_failure_hooks()?;
        }
        self.tell_state();
        if self.options.once && self.is_idle() {
            self.stopping = Some(moment);
            return Ok(());
        }
        self.hear(self.pause())
    }

    /// Waits so long at most for something to hear of, and sees to it.
    pub(super) fn hear(&mut self, pause: Duration) -> Result<()> {
        match self.events.recv_timeout(pause) {
            Ok(Event::Signal(signal)) => self.signal(signal),
            Ok(Event::Ended(done)) => self.ended(*done),
            Ok(Event::Called(run)) => {
                self.called(run);
                Ok(())
            }
            // The scheduler holds a sender itself.
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                if self.options.once && self.is_at_rest() {
                    self.clock.let_pass(u64::try_from(pause.as_millis()).unwrap_or(0));
                }
                Ok(())
            }
        }
    }

    /// Whether nothing goes on, and nothing is due, or waits, for this scheduler.
    fn is_idle(&self) -> bool {
        let has_work =
            || self.acts && (self.agenda.is_due(self.clock.now()) || self.agenda.waits());
        self.is_at_rest() && !self.is_unsure && !has_work()
    }

    /// Whether neither a run nor a hook of one goes on.
    pub(super) fn is_at_rest(&self) -> bool {
        self.runs.is_empty() && self.calls.is_empty()
    }

    /// How long nothing is to be done.
    fn pause(&self) -> Duration {
        let moment = Moment::now();
        let until = self.next_look.min(self.next_beat);
        let until = self.systemd.next().map_or(until, |next| until.min(next));
        let until = self.stopping.map_or(until, |end| until.min(end));
        let idle = until.saturating_duration_since(moment);
        let is_full = self.runs.len() >= self.options.parallel;
        let wake = self.agenda.wake().filter(|_| self.acts && self.stopping.is_none() && !is_full);
        wake.map_or(idle, |wake| {
            let left = wake.millis().saturating_sub(self.clock.now().millis());
            // What was due a moment ago and could not be done is tried again soon, not at once.
            idle.min(Duration::from_millis(u64::try_from(left).unwrap_or(0).max(1)))
        })
    }

    /// Gives a sign of life, or looks whether to take over.
    fn tend(&mut self, moment: Moment) -> Result<()> {
        self.next_beat = moment + if self.acts { self.lease.beat() } else { self.lease.beat() / 3 };
        let acts = match self.lease.tend(&self.store, self.clock, moment) {
            // Whoever writes now keeps others from taking over as well.
            Err(error) if error.kind() == Kind::Busy => {
                self.warn_of_busy(moment);
                if !self.acts {
                    tracing::debug!(%error, "whether to act cannot be told yet");
                    self.is_unsure = true;
                }
                return Ok(());
            }
            acts => acts?,
        };
        self.is_unsure = false;
        self.is_free();
        self.place.look_inside()?;
        match (self.acts, acts) {
            (false, true) => {
                tracing::info!(jobs = self.files.in_force().len(), "this scheduler acts now");
                self.acts = true;
                self.put_in_force()?;
            }
            (true, false) => {
                tracing::warn!("another scheduler has taken over: this one stands by");
                self.acts = false;
            }
            (true, true) => {
                self.close_died()?;
                self.refresh()?;
            }
            (false, false) if self.health.state().is_none() => {
                tracing::info!("another scheduler acts: this one stands by");
            }
            _ => {}
        }
        self.warn_of_directories()
    }

    pub(super) fn write<T>(&self, work: impl FnOnce(&Self) -> Result<T>) -> Result<T> {
        self.store.begin()?;
        let done = work(self).and_then(|done| self.store.commit().map(|()| done));
        if done.is_err() {
            self.store.roll_back();
        }
        done
    }

    fn signal(&mut self, signal: i32) -> Result<()> {
        use signal_hook::consts::{SIGHUP, SIGINT};
        if signal == SIGHUP {
            self.systemd.reloading();
            self.reload_config();
            return self.look(Read::All);
        }
        if self.stopping.is_some() {
            tracing::warn!("a second signal: this scheduler ends at once");
            std::process::exit(128 + signal);
        }
        let name = if signal == SIGINT { "SIGINT" } else { "SIGTERM" };
        tracing::info!(
            running = self.runs.len(),
            "{name}: nothing new begins, and what runs ends its transaction"
        );
        self.systemd.stopping();
        self.stopping = Some(Moment::now() + self.options.grace);
        self.goes_on().for_each(|running| running.stop.soon());
        Ok(())
    }

    /// A sign of life to those who watch.
    pub(super) fn tell_state(&mut self) {
        let state = State {
            acts: self.acts,
            jobs: self.files.in_force().len(),
            broken: self.files.broken(),
            running: self.runs.len(),
            stops: self.stopping.is_some(),
        };
        self.health.beat(state);
        self.systemd.turned(Moment::now(), || state.to_string());
    }

    /// Whether everything has ended after a stop was asked for. What has not ended within the grace is interrupted.
    fn is_over(&mut self, moment: Moment) -> bool {
        let Some(end) = self.stopping else { return false };
        if self.is_at_rest() || moment < end {
            return self.is_at_rest();
        }
        if self.is_interrupted {
            return true;
        }
        tracing::warn!(running = self.runs.len(), "the grace is over: what runs is interrupted");
        self.goes_on().for_each(|running| running.stop.now());
        self.is_interrupted = true;
        self.stopping = Some(moment + LAST_MOMENT);
        false
    }

    pub(super) fn goes_on(&self) -> impl Iterator<Item = &Running> {
        self.runs.values().chain(self.calls.values())
    }
}
