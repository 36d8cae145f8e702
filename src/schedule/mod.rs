//! The scheduler: when jobs are due, and who sees to it.
//!
//! `fires` and `jitter` say when a schedule fires, `agenda` what becomes of a fire, `memory` what the store knows of it,
//! `lease` who acts; `work` carries one run out, `by_cron` those that cron starts; `hooks` tells others of its end, and
//! `notify` systemd of the loop.

pub mod agenda;
mod by_cron;
mod claims;
mod clock_steps;
mod crontab;
mod entry;
mod every;
mod exit;
mod failure_hooks;
mod fields;
mod files;
mod fires;
mod health;
mod hooks;
mod in_force;
mod jitter;
mod lease;
mod memory;
mod notify;
mod odd;
mod odd_times;
mod options;
mod place;
mod queue;
mod scheduler;
mod stamp;
mod starts;
mod trouble;
mod upcoming;
mod wall;
mod warnings;
mod work;

pub use agenda::length_ms;
pub use by_cron::{Latest, Start, owed_from, start, start_again_at};
pub use crontab::{Clocks, CronTimes, cron_times};
pub use files::{Event as FileEvent, JobFiles, Read};
pub use fires::Fires;
pub use health::{Health, State};
pub use jitter::jitter_ms;
pub use lease::Lease;
pub use memory::{
    Memory, OwedFrom, directory_name, give_up_retry, keep, keep_in_force, memories, memory,
    start_anew,
};
pub use odd::odd_schedule;
pub use odd_times::odd_times;
pub use options::Options;
pub use scheduler::{Event, Scheduler};
pub use upcoming::{Upcoming, upcoming};
pub use work::Work;
