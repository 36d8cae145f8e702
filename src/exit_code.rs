//! The program's exit codes: the one place where they stand. The man page and the reference list them from here.

/// All that was asked for holds now.
pub const DONE: u8 = 0;
/// The operation failed.
pub const FAILED: u8 = 1;
/// The command line or a file given to it is wrong.
pub const USAGE: u8 = 2;
/// A guard refused the run, or the store is a copy.
pub const REFUSED: u8 = 3;
/// Somebody else holds what is needed.
pub const LOCKED: u8 = 4;
/// A part was left out, and the rest is done.
pub const PARTIAL: u8 = 5;
/// Added to the number of the signal that stopped the program, as shells do.
pub const SIGNAL: u8 = 128;

/// Each exit code and what it means, for people.
pub const MEANINGS: [(u8, &str); 8] = [
    (DONE, "Done, also when nothing had to change."),
    (
        FAILED,
        "Failed; the open transaction was rolled back. `rules lint` and `fsck`: they found errors. Also when the result \
         cannot be written, because the disk is full or its reader has ended.",
    ),
    (USAGE, "The command line or a file is wrong; nothing was changed."),
    (
        REFUSED,
        "Refused by a guard, or a kill on a store that is a copy. A plan ends with the exit code that its run would have.",
    ),
    (
        LOCKED,
        "Locked: by a lock on an interval, or by another process that writes or runs the same job.",
    ),
    (
        PARTIAL,
        "Partial: some files could not be deleted (the journal keeps them), or a datasource, a job or a row had to be \
         left out; the rest is done.",
    ),
    (SIGNAL + 2, "Stopped by SIGINT; the open transaction was rolled back."),
    (SIGNAL + 15, "Stopped by SIGTERM; the open transaction was rolled back."),
];
