//! kill: who may go, what becomes of the files, and what is remembered.

mod copies;
mod eligible;
mod files;
mod journal;
mod shared;
mod vectors;
