//! `completions`: the script by which a shell completes lopper's command line.

use std::process::ExitCode;

use clap::{Args, CommandFactory};
use clap_complete::{Shell, generate};

use super::{Cli, print_text};
use crate::error::{Error, Result};

#[derive(Debug, Args)]
pub(super) struct CompletionsArgs {
    /// The shell that reads the script.
    #[arg(value_enum, value_name = "SHELL")]
    shell: Shell,
}

impl CompletionsArgs {
    pub(super) fn run(&self) -> Result<ExitCode> {
        // Written to memory first: the generator panics where its reader has ended.
        let mut script = Vec::new();
        generate(self.shell, &mut Cli::command(), "lopper", &mut script);
        let script = String::from_utf8(script).map_err(|error| {
            Error::failed(format!("cannot write completions for {}", self.shell)).because(error)
        })?;
        print_text(&script)?;
        Ok(ExitCode::SUCCESS)
    }
}
