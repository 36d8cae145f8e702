//! `fsck`: the store against itself.

use std::process::ExitCode;

use clap::Args;

use super::Place;
use crate::error::Result;
use crate::fsck::{Asked, check};
use crate::report::show_fsck;
use crate::run::Stop;
use crate::store::Store;

#[derive(Debug, Args)]
pub(super) struct FsckArgs {
    /// How many examples of each finding to show at most.
    #[arg(long, value_name = "N", default_value_t = 10)]
    limit: u32,
}

impl FsckArgs {
    pub(super) fn run(&self, place: &Place<'_>) -> Result<ExitCode> {
        let mut store = Store::open_to_check(&place.global.store)?;
        let stop = Stop::on_signals()?;
        store.interrupt_on(stop.flag())?;
        let asked = Asked { limit: self.limit, wall: place.clock.now() };
        let report = check(&store, &asked).map_err(|error| stop.name_signal(error))?;
        place.print(&report, || show_fsck::fsck(&report))?;
        Ok(if report.errors > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }
}
