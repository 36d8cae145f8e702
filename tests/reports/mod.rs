//! Faults that users of other tools reported, each as a test: they stay right.

mod scheduling;
