//! Chains of rules: whether those in force can be read, and when they say that they are from.

use crate::druid::Instant;
use crate::error::Result;
use crate::fsck::Asked;
use crate::fsck::report::StoreFinding;
use crate::fsck::tally::{Kind, Tally};
use crate::rules::in_force;
use crate::rules::report::Severity;
use crate::store::Store;

const BROKEN: Kind = Kind {
    code: "broken-rules",
    severity: Severity::Error,
    message: "chains in force that cannot be read: enforce-rules leaves their datasources out",
    help: "set a sound chain with `lopper rules set DATASOURCE FILE`; `lopper rules lint` says more",
};
const ODD_VERSION: Kind = Kind {
    code: "odd-rule-version",
    severity: Severity::Warning,
    message: "chains in force whose version is no instant: a newer one may sort before them and never hold",
    help: "look at `lopper rules history DATASOURCE`; import the rules again, or remove the row with SQL where the store is the truth",
};
pub(super) const CODES: [&str; 2] = [BROKEN.code, ODD_VERSION.code];

/// Reads the chains in force, which are few.
///
/// # Errors
/// SQLite's.
pub(super) fn ask(store: &Store, asked: &Asked) -> Result<Vec<StoreFinding>> {
    let (mut broken, mut odd) = (Tally::new(BROKEN, asked), Tally::new(ODD_VERSION, asked));
    for chain in in_force(store, None)? {
        let (_, reasons) = chain.canonical();
        if !reasons.is_empty() {
            broken.add(|| format!("{}: {}", chain.datasource, reasons.join("; ")));
        }
        if Instant::parse(&chain.version).is_err() {
            odd.add(|| format!("{}: version '{}'", chain.datasource, chain.version));
        }
    }
    Ok([broken, odd].into_iter().filter_map(Tally::finding).collect())
}
