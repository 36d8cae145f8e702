//! One binary for all tests; modules by behaviour.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that fails panics"
)]

mod druid;
mod dump;
mod job;
