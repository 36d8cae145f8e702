//! One binary for all tests; modules by behaviour.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test that fails panics"
)]

mod bad_input;
mod crash;
#[cfg(feature = "s3")]
mod deep_storage;
mod deploy;
mod druid;
mod dump;
mod enforce;
mod explain;
mod export;
mod fsck;
mod growth;
mod hooks;
mod import;
mod job;
mod kill;
mod locks;
mod manual;
mod marks;
mod metrics;
mod output;
mod plan;
mod readme;
mod reference;
mod reload;
mod reports;
mod rules;
mod sandbox;
mod scheduler;
mod shell;
mod store;
mod support;
mod timeline;
mod when;
mod year;
