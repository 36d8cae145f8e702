//! Which datasources a step is for: globs as SQLite's GLOB reads them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::problem::quoted;
use crate::config::{At, Mistakes, nearest};
use crate::escape::escape;

/// Longest datasource name, in characters; Druid's metadata column is `VARCHAR(255)`.
const MAX_NAME: usize = 255;
/// Longest glob: a name in which each character is written as a set, `[*]`.
const MAX_GLOB: usize = 3 * MAX_NAME;

const NAME_HELP: &str = "write the exact name of one datasource, or patterns as datasources = [\"wiki*\"]; of a name with * or ?, datasources = [\"a[*]b\"]";
const GLOB_HELP: &str =
    "write a name or a pattern such as \"wiki*\"; everything is datasources = [\"*\"]";

/// The keys that name datasources; they exclude each other.
pub(crate) const DATASOURCE_KEYS: &[&str] = &["datasource", "datasources"];

/// The keys `datasource` and `datasources`, of which every step on segments needs one.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
pub struct DatasourcesSpec {
    /// The one datasource this step is for, by its exact name.
    #[schemars(length(min = 1, max = 255), example = &"wikipedia_hour")]
    pub datasource: Option<String>,
    /// The datasources this step is for, as globs: `*` any text, `?` any character, `[a-c]` one of
    /// a set, `[*]` the character itself. Everything is `["*"]`.
    #[schemars(length(min = 1), inner(length(min = 1, max = 765)), example = vec!["wikipedia*"])]
    pub datasources: Option<Vec<String>>,
}

impl DatasourcesSpec {
    pub(crate) fn check(&self, mistakes: &mut Mistakes) -> Option<Datasources> {
        mistakes.only_one(&[
            ("datasource", self.datasource.is_some()),
            ("datasources", self.datasources.is_some()),
        ]);
        if let Some(name) = &self.datasource {
            return mistakes.take("datasource", Datasources::one(name), NAME_HELP);
        }
        let Some(globs) = &self.datasources else {
            mistakes.add(
                At::Missing(DATASOURCE_KEYS),
                "the step does not say which datasource it is for",
                "add datasource = \"name\", or datasources = [\"glob*\"]; everything is datasources = [\"*\"]",
            );
            return None;
        };
        if globs.is_empty() {
            mistakes.add(
                At::Key("datasources"),
                "the list 'datasources' is empty",
                "everything is written datasources = [\"*\"]",
            );
            return None;
        }
        let before = mistakes.len();
        for (index, glob) in globs.iter().enumerate() {
            if let Err(message) = check_glob(glob) {
                mistakes.add(At::Item("datasources", index), message, GLOB_HELP);
            }
        }
        (mistakes.len() == before).then(|| Datasources(globs.clone()))
    }
}

/// The datasources of a step: at least one glob in SQLite's sense, each of them sound.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Datasources(Vec<String>);

impl Datasources {
    /// Globs as given on the command line or in a list; the error names the glob and what is wrong.
    pub fn parse(globs: &[String]) -> Result<Self, String> {
        if globs.is_empty() {
            return Err("no datasource given; everything is '*'".to_owned());
        }
        globs.iter().try_for_each(|glob| check_glob(glob))?;
        Ok(Self(globs.to_vec()))
    }

    /// Exactly the datasource `name`.
    pub fn one(name: &str) -> Result<Self, String> {
        check_length(name, MAX_NAME)?;
        if name.contains(['*', '?']) {
            let shown = quoted(name);
            return Err(format!("{shown} is a pattern, not an exact name"));
        }
        Ok(Self::exactly(name))
    }

    /// Exactly the datasource `name`, whatever characters it has.
    pub fn exactly(name: &str) -> Self {
        let mut glob = String::with_capacity(name.len());
        for c in name.chars() {
            match c {
                '*' | '?' | '[' => glob.extend(['[', c, ']']),
                c => glob.push(c),
            }
        }
        Self(vec![glob])
    }

    /// The globs, ready for `datasource GLOB ?`.
    pub fn globs(&self) -> &[String] {
        &self.0
    }

    /// The names that were given without a wildcard: each is expected to exist.
    pub fn exact_names(&self) -> impl Iterator<Item = String> {
        self.0.iter().filter_map(|glob| literal(glob))
    }
}

/// What to say of a name or pattern that means no datasource; `known` are those that there are.
pub(crate) fn unknown_datasource<'k>(
    pattern: &str,
    known: impl IntoIterator<Item = &'k str>,
) -> String {
    let name = literal(pattern).unwrap_or_else(|| pattern.to_owned());
    let meant = nearest(&name, known).map(|name| format!("; did you mean '{}'?", escape(name)));
    format!("no datasource is called '{}'{}", escape(&name), meant.unwrap_or_default())
}

/// As [`unknown_datasource`], of a name that is no pattern, whatever is in it.
pub(crate) fn unknown_name<'k>(name: &str, known: impl IntoIterator<Item = &'k str>) -> String {
    let pattern = name.replace('[', "[[]").replace('*', "[*]").replace('?', "[?]");
    unknown_datasource(&pattern, known)
}

/// The text that a glob without a wildcard stands for: `a[*]b` is `a*b`.
fn literal(glob: &str) -> Option<String> {
    let mut name = String::with_capacity(glob.len());
    let mut rest = glob.chars();
    while let Some(c) = rest.next() {
        match c {
            '*' | '?' => return None,
            '[' => {
                let only = rest.next().filter(|c| *c != '^')?;
                (rest.next() == Some(']')).then(|| name.push(only))?;
            }
            c => name.push(c),
        }
    }
    Some(name)
}

/// A store holds what dumps bring, names that no Druid of today takes among them (`team/ads`): what it holds can be
/// named.
fn check_length(name: &str, most: usize) -> Result<(), String> {
    if name.is_empty() {
        return Err("a datasource name is empty".to_owned());
    }
    let length = name.chars().count();
    if length > most {
        let shown = quoted(name);
        return Err(format!(
            "the datasource name {shown} has {length} characters; {most} is the most"
        ));
    }
    Ok(())
}

/// A glob must be able to match some name.
fn check_glob(glob: &str) -> Result<(), String> {
    check_length(glob, if glob.contains('[') { MAX_GLOB } else { MAX_NAME })?;
    let mut rest = glob;
    while let Some((_, set)) = rest.split_once('[') {
        // In a set, `^` first negates and `]` right behind the beginning is an ordinary member.
        let members = set.strip_prefix('^').unwrap_or(set);
        let first = members.chars().next().map_or(0, char::len_utf8);
        let Some((_, behind)) = members.split_at(first).1.split_once(']') else {
            let shown = quoted(glob);
            return Err(format!(
                "the glob {shown} has a '[' without a ']'; the character itself is '[[]'"
            ));
        };
        rest = behind;
    }
    Ok(())
}
