//! The scheduler: when jobs are due, and who sees to it.
//!
//! `fires` and `jitter` say when a schedule fires, `agenda` what becomes of a fire, `memory` what the store knows of it,
//! `lease` who acts; `work` carries one run out, `hooks` tells others of its end, and `notify` systemd of the loop.

pub mod agenda;
mod claims;
mod crontab;
mod every;
mod fields;
mod files;
mod fires;
mod health;
mod hooks;
mod jitter;
mod lease;
mod memory;
mod notify;
mod options;
mod scheduler;
mod stamp;
mod starts;
mod upcoming;
mod wall;
mod work;

pub use agenda::length_ms;
pub use crontab::{Clocks, CronTimes, cron_times};
pub use files::{Event as FileEvent, JobFiles, Read};
pub use fires::{Fires, MOST_COUNTED};
pub use health::{Health, State};
pub use jitter::jitter_ms;
pub use lease::Lease;
pub use memory::{Memory, keep, keep_in_force, memories, memory, start_anew};
pub use options::Options;
pub use scheduler::{Event, Scheduler};
pub use upcoming::{Upcoming, upcoming};
pub use work::{Latest, Work, scheduled};
