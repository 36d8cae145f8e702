//! The program: runs the command line and maps the outcome to an exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    let _armed = lopper::failpoint::arm();
    lopper::cli::main().unwrap_or_else(|error| lopper::cli::render(&error))
}
