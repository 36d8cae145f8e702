//! `man`: the manual pages, one for each command, from the same arguments as `--help`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Command, CommandFactory};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};

use super::Cli;
use crate::error::{Error, Result};
use crate::exit_code;

#[derive(Debug, Args)]
pub(super) struct ManArgs {
    /// The directory for the pages; it is created if need be.
    #[arg(short, long, value_name = "DIR")]
    out: PathBuf,
}

impl ManArgs {
    pub(super) fn run(&self) -> Result<ExitCode> {
        let failed = |path: &Path, error: std::io::Error| {
            Error::failed(format!("cannot write the manual to {}", path.display()))
                .because(error)
                .help("name a directory that you may write to, such as ~/.local/share/man/man1")
        };
        fs::create_dir_all(&self.out).map_err(|error| failed(&self.out, error))?;
        let mut lopper = Cli::command()
            // Without the time zones, which the version of the program names as well.
            .version(env!("CARGO_PKG_VERSION"))
            .disable_help_subcommand(true);
        lopper.build();
        for (name, page) in pages(&lopper) {
            let path = self.out.join(name);
            let page = page.map_err(|error| failed(&path, error))?;
            fs::write(&path, page).map_err(|error| failed(&path, error))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// The pages of a command and of all below it, each with the name of its file.
fn pages(command: &Command) -> Vec<(String, std::io::Result<Vec<u8>>)> {
    let man = Man::new(command.clone())
        .source(concat!("lopper ", env!("CARGO_PKG_VERSION")))
        .manual("lopper");
    let mut all = vec![(man.get_filename(), page(&man, command))];
    all.extend(command.get_subcommands().flat_map(pages));
    all
}

fn page(man: &Man, command: &Command) -> std::io::Result<Vec<u8>> {
    let mut page = Vec::new();
    man.render(&mut page)?;
    let mut more = Roff::new();
    more.control("SH", ["EXIT STATUS"]);
    for (code, meaning) in exit_code::MEANINGS {
        more.control("TP", []);
        more.text([roman(code.to_string())]);
        more.text([roman(meaning)]);
    }
    if command.get_display_name() != Some("lopper") {
        more.control("SH", ["SEE ALSO"]);
        more.text([roman("lopper(1)")]);
    }
    more.to_writer(&mut page)?;
    Ok(page)
}
