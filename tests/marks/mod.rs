//! mark-unused and mark-used: who is meant, what is counted, and what keeps a mark from happening.

mod counts;
mod guards;
mod ids;
mod intervals;
mod locks;
mod together;
mod vectors;
