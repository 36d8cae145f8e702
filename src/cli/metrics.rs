//! `--metrics-file`, of commands that run jobs.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use crate::cli::Place;
use crate::job::Job;
use crate::serve::{Seen, write_once};

#[derive(Debug, Args)]
pub(super) struct MetricsFile {
    /// Write metrics to a file, such as one of node_exporter's textfile collector.
    #[arg(long, value_name = "FILE")]
    pub(super) metrics_file: Option<PathBuf>,
}

impl MetricsFile {
    /// Writes what the store says now. That it could not be written is told, and changes nothing about the runs.
    pub(super) fn write(&self, place: &Place<'_>, jobs: &[Job]) {
        let Some(file) = &self.metrics_file else { return };
        let jitters = jobs.iter().filter_map(|job| Some((job.name.clone(), job.jitter?)));
        let seen = Seen { jitters: Arc::new(jitters.collect()), scheduler: None };
        if let Err(error) = write_once(&place.global.store, &seen, file) {
            tracing::warn!("{error}");
        }
    }
}
