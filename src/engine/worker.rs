//! Who works on the deletion journal: a name that tells other processes whether its owner still lives.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The workers of this process that are at work.
static AT_WORK: Mutex<BTreeSet<u64>> = Mutex::new(BTreeSet::new());

/// One worker: a process, or one of several sessions in a process. It is at work until its last copy is dropped.
///
/// Its name reads `PID@HOST/SPACE.START/NUMBER`: SPACE is the boot and the PID namespace that the PID belongs to, START
/// when the process started, in ticks of that boot.
#[derive(Debug, Clone)]
pub struct Worker {
    name: String,
    _at_work: Arc<AtWork>,
}

/// The number of a worker that is at work.
#[derive(Debug)]
struct AtWork(u64);

impl AtWork {
    fn begin(number: u64) -> Arc<Self> {
        at_work().insert(number);
        Arc::new(Self(number))
    }
}

impl Drop for AtWork {
    fn drop(&mut self) {
        at_work().remove(&self.0);
    }
}

/// Numbers are put in and taken out as a whole: whoever panicked with the lock in hand left nothing half done.
fn at_work() -> MutexGuard<'static, BTreeSet<u64>> {
    AT_WORK.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Worker {
    /// A worker of this process, with a name of its own.
    pub fn of_process() -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(1);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        Self { name: format!("{}/{number}", this_process()), _at_work: AtWork::begin(number) }
    }

    /// A worker of another machine's process, of which nothing but its name is known: for models of several processes.
    pub fn elsewhere(process: u64) -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(1);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        Self { name: format!("{process}@elsewhere/0-0.0/{number}"), _at_work: AtWork::begin(0) }
    }

    /// The name, as the journal keeps it.
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// The name of this process, as its workers have it in front of their numbers.
fn this_process() -> String {
    let pid = std::process::id();
    let host = read("/proc/sys/kernel/hostname").unwrap_or_default();
    let start = started(pid).map(|(start, _)| start).unwrap_or_default();
    format!("{pid}@{host}/{}.{start}", space().unwrap_or_default())
}

impl fmt::Display for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// What is known of the worker of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Life {
    /// It is at work; or its process lives, which has others to do its work.
    Lives,
    /// Its process stands still, until somebody lets it go on.
    Stopped,
    /// It has ended.
    Gone,
    /// It is of another machine, another container or an earlier boot: its claims last until they expire.
    Unknown,
}

/// Asks the process itself, which no clock can belie.
pub fn life(name: &str) -> Life {
    let Some((process, number)) = name.rsplit_once('/') else { return Life::Unknown };
    let Some((pid, start)) = of_this_space(process) else { return Life::Unknown };
    if pid == std::process::id() && process == this_process() {
        let is_at_work = number.parse().is_ok_and(|number| at_work().contains(&number));
        return if is_at_work { Life::Lives } else { Life::Gone };
    }
    match started(pid) {
        Some((its_start, state)) if its_start == start => {
            if matches!(state, 'T' | 't') {
                Life::Stopped
            } else {
                Life::Lives
            }
        }
        _ => Life::Gone,
    }
}

/// The number and the start of a process that this one can look at.
fn of_this_space(process: &str) -> Option<(u32, &str)> {
    let (pid, rest) = process.split_once('@')?;
    let (_, place) = rest.rsplit_once('/')?;
    let (its_space, start) = place.rsplit_once('.')?;
    let is_here = !its_space.is_empty() && !start.is_empty() && space()? == its_space;
    is_here.then_some((pid.parse().ok()?, start))
}

/// Whether the worker of that name is known to have died.
pub fn has_died(name: &str) -> bool {
    life(name) == Life::Gone
}

/// Whether a worker is of this boot of this machine: its [`crate::clock::Clock::awake_ms`] is the same clock then.
pub fn is_of_this_boot(name: &str) -> bool {
    let its = || {
        let (process, _) = name.rsplit_once('/')?;
        let (_, place) = process.rsplit_once('/')?;
        place.split_once('-').map(|(boot, _)| boot)
    };
    its().is_some_and(|its| !its.is_empty() && boot().as_deref() == Some(its))
}

/// The number of a worker's process when it is here, and stopped: by SIGSTOP, or by a debugger.
pub fn stopped_process(name: &str) -> Option<u32> {
    let pid = name.split_once('@')?.0.parse().ok().filter(|_| !has_died(name))?;
    let stat = read(&format!("/proc/{pid}/stat"))?;
    let state = stat.rsplit_once(')')?.1.split_whitespace().next()?.to_owned();
    let is_here = name.contains(&space()?);
    (is_here && matches!(state.as_str(), "T" | "t")).then_some(pid)
}

/// The process that a worker belongs to: its name without the number.
pub(crate) fn process_of(name: &str) -> &str {
    name.rsplit_once('/').map_or(name, |(process, _)| process)
}

/// What a PID means something in: the boot and the PID namespace.
fn space() -> Option<String> {
    let namespace = std::fs::read_link("/proc/self/ns/pid").ok()?;
    let number: String = namespace.to_string_lossy().chars().filter(char::is_ascii_digit).collect();
    Some(format!("{}-{number}", boot()?))
}

fn boot() -> Option<String> {
    read("/proc/sys/kernel/random/boot_id")?.get(..8).map(str::to_owned)
}

/// When a living process started, in ticks since the boot, and its state. With the PID, the start is a name that does not
/// come back.
fn started(pid: u32) -> Option<(String, char)> {
    let stat = read(&format!("/proc/{pid}/stat"))?;
    // The program's name, in parentheses, may hold anything. Behind it, the state is field 3, the start field 22.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    let state = fields.next()?.chars().next()?;
    let is_dead = matches!(state, 'Z' | 'X');
    fields.nth(18).filter(|_| !is_dead).map(|start| (start.to_owned(), state))
}

fn read(path: &str) -> Option<String> {
    std::fs::read_to_string(path).ok().map(|text| text.trim().to_owned())
}
