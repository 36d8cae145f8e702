//! What is to be carried out, and who asks for it.

use crate::config::Guard;
use crate::engine::Fire;
use crate::engine::operation::Step;

/// Who asks for a run: it is kept in the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// A job file.
    Job,
    /// A one-off command.
    Command,
}

/// What to carry out.
#[derive(Debug, Clone)]
pub struct Request {
    /// Who asks.
    pub origin: Origin,
    /// The job's name, or the command.
    pub name: String,
    /// What the run must not exceed.
    pub guard: Guard,
    /// Of these limits, those that the job file or the flags set; the others are those of `lopper.toml`.
    pub own_guard: Guard,
    /// The steps, in order.
    pub steps: Vec<Step>,
    /// The fire of the schedule that it is for; none by hand.
    pub fire: Option<Fire>,
    /// Whether somebody waits until it may begin: that the job runs already is nothing to record then.
    pub waits: bool,
}

impl Request {
    /// A one-off command.
    pub fn command(name: impl Into<String>, guard: Guard, steps: Vec<Step>) -> Self {
        Self {
            origin: Origin::Command,
            name: name.into(),
            guard,
            own_guard: guard,
            steps,
            fire: None,
            waits: false,
        }
    }
}
