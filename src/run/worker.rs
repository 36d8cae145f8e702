//! Who works on the deletion journal: a name that tells other processes whether its owner still lives.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

/// One worker: a process, or one of several sessions in a process.
///
/// Its name reads `PID@HOST/SPACE.START/NUMBER`: SPACE is the boot and the PID namespace that the PID belongs to, START
/// when the process started, in ticks of that boot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Worker(String);

impl Worker {
    /// A worker of this process, with a name of its own.
    pub fn of_process() -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(1);
        let pid = std::process::id();
        let host = read("/proc/sys/kernel/hostname").unwrap_or_default();
        let start = started(pid).unwrap_or_default();
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        Self(format!("{pid}@{host}/{}.{start}/{number}", space().unwrap_or_default()))
    }

    /// The name, as the journal keeps it.
    pub fn name(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether the worker of that name is known to have died. Of another machine, another container or an earlier boot
/// nothing is known: its claims last until they expire.
pub fn has_died(name: &str) -> bool {
    let known = || {
        let (pid, rest) = name.split_once('@')?;
        let (place, _) = rest.rsplit_once('/')?;
        let (_, place) = place.rsplit_once('/')?;
        let (its_space, start) = place.rsplit_once('.')?;
        let is_here = !its_space.is_empty() && !start.is_empty() && space()? == its_space;
        is_here.then_some((pid.parse::<u32>().ok()?, start))
    };
    known().is_some_and(|(pid, start)| started(pid).as_deref() != Some(start))
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
pub(super) fn process_of(name: &str) -> &str {
    name.rsplit_once('/').map_or(name, |(process, _)| process)
}

/// What a PID means something in: the boot and the PID namespace.
fn space() -> Option<String> {
    let boot = read("/proc/sys/kernel/random/boot_id")?;
    let namespace = std::fs::read_link("/proc/self/ns/pid").ok()?;
    let number: String = namespace.to_string_lossy().chars().filter(char::is_ascii_digit).collect();
    Some(format!("{}-{number}", boot.get(..8)?))
}

/// When a living process started, in ticks since the boot: with the PID, a name that does not come back.
fn started(pid: u32) -> Option<String> {
    let stat = read(&format!("/proc/{pid}/stat"))?;
    // The program's name, in parentheses, may hold anything. Behind it, the state is field 3, the start field 22.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    let state = fields.next()?;
    let is_dead = matches!(state, "Z" | "X");
    fields.nth(18).filter(|_| !is_dead).map(str::to_owned)
}

fn read(path: &str) -> Option<String> {
    std::fs::read_to_string(path).ok().map(|text| text.trim().to_owned())
}
