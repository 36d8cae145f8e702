//! Export: what the store holds goes back into Druid's own database, and a run's changes are made there.

mod postgres;
mod round_trip;
