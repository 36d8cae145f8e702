//! Whose tables a file holds, so that those of two Druids are not taken for one.

use super::rows::shown;

/// The database, schema and prefix of the tables whose rows a file holds, as far as it tells them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// The server, by the heading of mysqldump.
    pub host: Option<String>,
    /// The database; in MySQL what stands before a table's name.
    pub database: Option<String>,
    /// The schema. What PostgreSQL leaves out is `public`.
    pub schema: Option<String>,
    /// What stands before `_segments` and `_rules`.
    pub prefix: Option<String>,
}

/// What stands before a table's name where nobody knows whether it is a database or a schema.
fn place(origin: &Origin) -> Option<&String> {
    origin.database.as_ref().or(origin.schema.as_ref())
}

impl Origin {
    /// In what the tables of two files differ, and both names: `("databases", "`a`", "`b`")`. What one of them does not
    /// tell is no difference.
    pub fn difference(&self, other: &Self) -> Option<(&'static str, String, String)> {
        let is_crossed = |one: &Self, other: &Self| {
            one.schema.is_none() && other.database.is_none() && other.schema.is_some()
        };
        let crossed = is_crossed(self, other) || is_crossed(other, self);
        let prefix =
            |origin: &Self| origin.prefix.as_ref().map(|prefix| prefix.to_ascii_lowercase());
        [
            ("databases", self.database.clone(), other.database.clone()),
            ("databases", place(self).filter(|_| crossed).cloned(), place(other).cloned()),
            ("schemas", self.schema.clone(), other.schema.clone()),
            ("prefixes", prefix(self), prefix(other)),
            ("servers", self.host.clone(), other.host.clone()),
        ]
        .into_iter()
        .find_map(|(kind, one, two)| match (one, two) {
            (Some(one), Some(two)) if one != two => {
                Some((kind, shown(one.as_bytes()), shown(two.as_bytes())))
            }
            _ => None,
        })
    }
}
