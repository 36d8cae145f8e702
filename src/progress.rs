//! Progress bars on stderr, for people at a terminal.

use std::cell::RefCell;
use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Shows how far a long step is, or nothing at all.
#[derive(Debug)]
pub struct Progress {
    shown: bool,
    bar: RefCell<Option<ProgressBar>>,
}

impl Progress {
    /// Bars are drawn when they are `wanted` and stderr is a terminal.
    pub fn new(wanted: bool) -> Self {
        Self { shown: wanted && std::io::stderr().is_terminal(), bar: RefCell::new(None) }
    }

    /// Begins a bar; `total` in bytes, if it is known.
    pub fn start(&self, what: &str, total: Option<u64>) {
        if !self.shown {
            return;
        }
        let template = if total.is_some() {
            "{msg} [{bar:30}] {bytes}/{total_bytes} {eta}"
        } else {
            "{msg} {spinner} {bytes}"
        };
        let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(what.to_owned());
        self.bar.replace(Some(bar));
    }

    /// Begins a bar that counts segments.
    pub fn start_count(&self, what: &str) {
        if self.shown {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            if let Ok(style) = ProgressStyle::with_template("{msg} {spinner} {pos} segments") {
                bar.set_style(style);
            }
            bar.set_message(what.to_owned());
            self.bar.replace(Some(bar));
        }
    }

    /// Moves the bar to a position.
    pub fn set(&self, position: u64) {
        if let Some(bar) = &*self.bar.borrow() {
            bar.set_position(position);
        }
    }

    /// Moves the bar on.
    pub fn add(&self, more: u64) {
        if let Some(bar) = &*self.bar.borrow() {
            bar.inc(more);
        }
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}
