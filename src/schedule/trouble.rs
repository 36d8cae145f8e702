//! A store that cannot be used for now: it is gone, another file is in its place, it is damaged, its disk is full. The
//! scheduler outlives that, says so once and again at intervals, and goes on when it can.

use std::time::{Duration, Instant as Moment};

use super::agenda::Agenda;
use super::place::{Found, Place, RESTORE};
use super::scheduler::Scheduler;
use crate::error::{Error, Kind, Result};

/// What is wrong goes on being said so often, in leases.
const SAY_EVERY: u32 = 2;

/// How often it is looked whether the store can be used again.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// What is wrong, and when that was said.
#[derive(Debug)]
pub(super) struct Trouble {
    message: String,
    said: Moment,
    /// When what still runs is interrupted.
    interrupts: Moment,
}

impl Scheduler {
    /// Whether the store is in its place. One that was replaced is opened anew, once what runs on the old one has ended.
    ///
    /// # Errors
    /// Why it cannot be used now.
    pub(super) fn check_place(&mut self) -> Result<()> {
        let found = self.place.look();
        if found == Found::Same && !self.is_damaged {
            return Ok(());
        }
        let path = self.store.path().display().to_string();
        self.goes_on().for_each(|running| running.stop.soon());
        if found == Found::Nothing {
            return Err(Error::failed(format!(
                "the store {path} is gone: it was moved or deleted, and nothing is scheduled until it is there again"
            ))
            .help(format!("move it back, or {RESTORE}")));
        }
        if found == Found::Overwritten {
            return Err(self.place.overwritten());
        }
        if found == Found::Other && !self.is_damaged {
            tracing::warn!("the store {path} has been replaced: another file is in its place");
            self.is_damaged = true;
        }
        self.acts = false;
        if !self.is_at_rest() {
            let message =
                format!("the store {path} is to be opened anew: what runs is to end first");
            return Err(Error::failed(message).passing());
        }
        self.open_anew(found == Found::Same)
    }

    fn open_anew(&mut self, is_same: bool) -> Result<()> {
        let store = self.place.open_anew(&self.store)?;
        store.wait_at_most(super::scheduler::PATIENCE)?;
        let what = self.place.compare(&store)?;
        self.place = Place::of(&store)?;
        self.store = store;
        self.is_damaged = false;
        self.agenda = Agenda::default();
        self.lease = self.lease.anew();
        self.acts = false;
        self.is_unsure = true;
        self.next_beat = Moment::now();
        self.health.store_opened();
        let path = self.store.path().display();
        if is_same {
            tracing::debug!("the store {path} is opened anew: {what}");
        } else {
            tracing::warn!("the store {path} is opened anew: {what}");
        }
        Ok(())
    }

    /// Says what is wrong, when that is news or was said long ago, and lets a little time pass.
    ///
    /// # Errors
    /// What is wrong, when it will not pass and nobody waits for that.
    pub(super) fn bear(&mut self, error: Error) -> Result<()> {
        if self.options.once && !error.may_pass() {
            return Err(error);
        }
        // What a statement finds damaged is opened anew: it may have been restored in place.
        self.is_damaged |= !error.may_pass() && self.place.look() == Found::Same;
        let now = Moment::now();
        let every = self.lease.beat() * 3 * SAY_EVERY;
        let message = error.to_string();
        let told = self.trouble.as_ref().filter(|told| told.message == message);
        let interrupts =
            self.trouble.as_ref().map_or(now + self.options.grace, |one| one.interrupts);
        let said = told.map(|told| told.said).filter(|said| now < *said + every);
        if error.kind() != Kind::Busy {
            self.health.in_trouble(Some(message.clone()));
        }
        if said.is_none() {
            tracing::error!("{}", error.log_line());
        }
        self.trouble = Some(Trouble { message, said: said.unwrap_or(now), interrupts });
        if now >= interrupts && error.kind() != Kind::Busy && (self.is_damaged || !error.may_pass())
        {
            self.goes_on().for_each(|running| running.stop.now());
        }
        self.tell_state();
        if let Err(error) = self.hear(LOOK_EVERY) {
            tracing::debug!("{}", error.log_line());
        }
        Ok(())
    }

    /// The store can be used.
    pub(super) fn is_well(&mut self) {
        if self.trouble.take().is_some() {
            self.health.in_trouble(None);
            tracing::info!("the store {} can be used again", self.store.path().display());
        }
    }
}
