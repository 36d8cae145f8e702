//! Every family of metrics, from a page that the program has written.

use super::{Page, code, sentence, table};
use crate::metrics::every_family;

pub fn page() -> Page {
    let rows: Vec<_> = every_family()
        .into_iter()
        .map(|family| {
            let labels: Vec<String> = family.labels.iter().map(code).collect();
            [code(family.name), family.kind, labels.join(", "), sentence(&family.help)]
        })
        .collect();
    Page {
        file: "metrics.md",
        title: "Metrics",
        about: "What `--metrics-file` and `--metrics-listen` tell Prometheus. [Metrics](../metrics.md) says how to collect them.",
        text: table(["metric", "type", "labels", "meaning"], &rows),
    }
}
