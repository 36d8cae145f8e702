//! kill: who may go, what becomes of the files, and what is remembered.

mod claims;
mod copies;
mod eligible;
mod files;
mod journal;
mod restore;
mod shared;
mod turns;
mod vectors;
