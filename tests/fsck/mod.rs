//! The store against itself: a sound one has no finding, and each kind of damage is found and named.

mod careful;
mod damaged;
pub(crate) mod files;
mod healthy;
mod journal;
mod ledger;
mod payloads;
mod tables;

use serde_json::Value;

use crate::output::assert_valid_as;
use crate::support::Lopper;

/// Two used segments, an unused one, and a chain.
fn story() -> Lopper {
    Lopper::new()
        .authoritative()
        .segments([
            "wiki 2015-09-12/P1D v1",
            "wiki 2015-09-13/P1D v1",
            "wiki 2015-09-14/P1D unused",
        ])
        .rules([("wiki", r#"[{"type":"loadForever"}]"#)])
}

/// The first segment of [`story`].
const FIRST: &str = "wiki_2015-09-12T00:00:00.000Z_2015-09-13T00:00:00.000Z_v1";
/// The second.
const SECOND: &str = "wiki_2015-09-13T00:00:00.000Z_2015-09-14T00:00:00.000Z_v1";

impl Lopper {
    /// Changes tables as no program of ours would: without foreign keys, CHECKs and the triggers that forbid a DELETE.
    fn damage(self, statements: &str) -> Self {
        let connection = self.connection();
        let guards = "SELECT sql FROM sqlite_schema WHERE name IN ('segment_no_delete', 'payload_no_delete')";
        let guards = self.sql(guards).join(";\n");
        connection
            .execute_batch(&format!(
                "PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON;
                 DROP TRIGGER segment_no_delete; DROP TRIGGER payload_no_delete; {statements};
                 {guards};"
            ))
            .unwrap();
        drop(connection);
        self
    }

    /// The codes that `fsck` finds, the worst first; nothing is changed by it. The exit code goes by the errors.
    #[track_caller]
    fn finds<const N: usize>(&self, codes: [&str; N]) -> Found {
        let report = self.store_unchanged(|lopper| {
            let answer = lopper.run(["fsck", "--output", "json"]);
            let report = answer.json();
            answer.code(i32::from(report["errors"].as_u64().unwrap() > 0));
            report
        });
        assert_valid_as(self, "fsck", &report);
        let found = report["findings"].as_array().unwrap().clone();
        let there: Vec<&str> = found.iter().map(|one| one["code"].as_str().unwrap()).collect();
        assert_eq!(there, codes, "{report:#}");
        Found(found)
    }
}

/// Findings, the worst first.
struct Found(Vec<Value>);

impl Found {
    /// The first one is of that severity, and its only example says that.
    #[track_caller]
    fn first(&self, severity: &str, example: &str) {
        let first = &self.0[0];
        assert_eq!(
            (&first["severity"], &first["count"]),
            (&severity.into(), &1.into()),
            "{first:#}"
        );
        assert_eq!(first["examples"], Value::from(vec![example]), "{first:#}");
    }
}
