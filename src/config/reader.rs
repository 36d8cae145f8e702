//! Reads TOML into a type and finds every mistake on the way, each with its place.
//!
//! serde would stop at the first mistake and, behind a tag such as `op`, forget where it was. So the
//! parsed text is first compared with the type's own schema; what does not fit is reported and
//! taken out; and the rest, which fits, is read.

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::Path;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::Value;
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use crate::config::expected::{TAG, article, branches, help_for, help_for_element, mismatch};
use crate::config::problem::{MAX_PROBLEMS, quoted};
use crate::config::schema::schema_of;
use crate::config::{At, Mistake, Problem, Problems, nearest};

/// The fix for what the parser of TOML does not understand.
const SYNTAX_HELP: &str = "write each key on a line of its own, as key = \"text\", key = 5, key = true or \
                           key = [\"a\", \"b\"]";

/// A text, read as far as it can be, and what is wrong with it.
pub(crate) struct Document<'t> {
    text: &'t str,
    root: Spanned<DeValue<'t>>,
    problems: Vec<Problem>,
    /// Where the lines with syntax errors begin.
    broken: BTreeSet<usize>,
    /// Keys that stood in the text and were taken out: they are not missing.
    spoiled: BTreeSet<Vec<Part>>,
}

/// One step of the way from the document's root to a value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    Key(String),
    Index(usize),
}

impl Part {
    pub(crate) fn key(key: &str) -> Self {
        Self::Key(key.to_owned())
    }
}

impl<'t> Document<'t> {
    /// Parses `text` and compares it with the schema of `T`.
    pub(crate) fn parse<T: JsonSchema + 'static>(text: &'t str) -> Self {
        let (root, errors) = DeTable::parse_recoverable(text);
        let span = root.span();
        let mut document = Self {
            text,
            root: Spanned::new(span.clone(), DeValue::String("".into())),
            problems: Vec::new(),
            broken: BTreeSet::new(),
            spoiled: BTreeSet::new(),
        };
        for error in &errors {
            let span = error.span().unwrap_or(0..0);
            let line = document.line_start(&span);
            document.problem(span, error.message().to_owned(), SYNTAX_HELP.to_owned());
            document.broken.insert(line);
        }
        let mut root = Spanned::new(span, DeValue::Table(root.into_inner()));
        document.fit(schema_of::<T>(), &mut root, &mut Vec::new());
        document.root = root;
        document
    }

    /// What the document holds; what did not fit the schema is left out.
    pub(crate) fn read<T: DeserializeOwned>(&mut self) -> Option<T> {
        let DeValue::Table(table) = self.root.get_ref().clone() else { return None };
        let table = Spanned::new(self.root.span(), table);
        T::deserialize(toml::de::Deserializer::from(table))
            .map_err(|error| {
                let span = error.span().unwrap_or_else(|| self.root.span());
                self.problem(span, error.message().to_owned(), SYNTAX_HELP.to_owned());
            })
            .ok()
    }

    /// The value of a check of the table at `path`; its mistakes become problems with a place.
    pub(crate) fn checked<T>(
        &mut self,
        path: &[Part],
        result: Result<T, Vec<Mistake>>,
    ) -> Option<T> {
        let mistakes = match result {
            Ok(value) => return Some(value),
            Err(mistakes) => mistakes,
        };
        for Mistake { at, message, help } in mistakes {
            // A mistake that nothing else accounts for is never lost, even without a place.
            let anywhere = self.problems.is_empty().then(|| self.root.span());
            if let Some(span) = self.place(path, &at).or(anywhere) {
                self.problem(span, message, help);
            }
        }
        None
    }

    /// Whether nothing is wrong so far.
    pub(crate) fn is_sound(&self) -> bool {
        self.problems.is_empty()
    }

    /// `value`, or all problems of the document; `file` names it in messages.
    ///
    /// Whatever had to be taken out is a problem, so a value without problems is the whole of it.
    pub(crate) fn finish<T>(self, value: Option<T>, file: &Path) -> Result<T, Problems> {
        match value {
            Some(value) if self.problems.is_empty() => Ok(value),
            _ => Err(Problems::new(file, self.text, self.problems)),
        }
    }

    /// Where a mistake is; `None` when it only follows from one that was reported before.
    fn place(&self, path: &[Part], at: &At) -> Option<Range<usize>> {
        let spoiled = |key: &str| self.spoiled.contains(&child(path, Part::Key(key.to_owned())));
        let value = |key: &str| self.find(&child(path, Part::Key(key.to_owned())));
        match at {
            At::Key(key) => value(key)
                .filter(|value| {
                    !(spoiled(key) && value.get_ref().as_array().is_some_and(|a| a.is_empty()))
                })
                .map(Spanned::span),
            At::Item(key, index) => match value(key)?.get_ref() {
                DeValue::Array(items) => items.get(*index).map(Spanned::span),
                _ => None,
            },
            At::Part(key, range) => value(key).map(|value| self.part(value, range)),
            At::Missing(_) if !self.broken.is_empty() => None,
            At::Missing(keys) if keys.iter().any(|key| spoiled(key)) => None,
            At::Missing(_) => self.find(path).map(Spanned::span),
        }
    }

    /// Some bytes of a string's content, when the text holds it as it is: without escapes, on one line.
    fn part(&self, value: &Spanned<DeValue<'t>>, range: &Range<usize>) -> Range<usize> {
        let span = value.span();
        let content = value.get_ref().as_str().unwrap_or_default();
        let inner = span.start + 1..span.end.saturating_sub(1);
        if self.text.get(inner.clone()) == Some(content) {
            inner.start + range.start..inner.start + range.end
        } else {
            span
        }
    }

    fn find(&self, path: &[Part]) -> Option<&Spanned<DeValue<'t>>> {
        path.iter().try_fold(&self.root, |value, part| match (value.get_ref(), part) {
            (DeValue::Table(table), Part::Key(key)) => table.get(key.as_str()),
            (DeValue::Array(items), Part::Index(index)) => items.get(*index),
            _ => None,
        })
    }

    fn problem(&mut self, span: Range<usize>, message: String, help: String) {
        // What the parser made of a line with a syntax error says nothing about the line.
        let broken = !self.broken.is_empty() && self.broken.contains(&self.line_start(&span));
        if !broken && self.problems.len() < MAX_PROBLEMS {
            self.problems.push(Problem { span, message, help });
        }
    }

    fn line_start(&self, span: &Range<usize>) -> usize {
        let before = self.text.get(..span.start).unwrap_or_default();
        before.rfind('\n').map_or(0, |newline| newline + 1)
    }

    /// Compares a value with its schema and takes out of it what does not fit; `false` when the
    /// value itself does not.
    fn fit(
        &mut self,
        schema: &Value,
        value: &mut Spanned<DeValue<'t>>,
        path: &mut Vec<Part>,
    ) -> bool {
        if let Some(branches) = branches(schema) {
            let branch = self.choose_branch(&branches, value);
            return branch.is_some_and(|branch| self.fit(branch, value, path));
        }
        if let Some(wrong) = mismatch(schema, value.get_ref()) {
            let help = match path.last() {
                Some(Part::Key(key)) => help_for(key, schema, value.get_ref()),
                _ => help_for_element(schema),
            };
            self.problem(value.span(), wrong, help);
            return false;
        }
        match value.get_mut() {
            DeValue::Table(table) => self.fit_table(schema, table, path),
            DeValue::Array(items) => self.fit_items(schema, items, path),
            _ => {}
        }
        true
    }

    fn fit_table(&mut self, schema: &Value, table: &mut DeTable<'t>, path: &mut Vec<Part>) {
        let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return };
        let known = || properties.keys().map(String::as_str);
        let mut unfit = Vec::new();
        for (key, value) in table.iter_mut() {
            let name = key.get_ref().as_ref();
            path.push(Part::Key(name.to_owned()));
            let fits = match properties.get(name) {
                Some(schema) => self.fit(schema, value, path),
                None => {
                    let meant = nearest(name, known());
                    let help = match meant {
                        Some(meant) => format!("did you mean '{meant}'?"),
                        None => format!("known keys: {}", known().collect::<Vec<_>>().join(", ")),
                    };
                    self.problem(key.span(), format!("unknown key {}", quoted(name)), help);
                    // A mistyped key is not also a missing one.
                    path.pop();
                    path.push(Part::Key(meant.unwrap_or(name).to_owned()));
                    false
                }
            };
            if !fits {
                self.spoiled.insert(path.clone());
                unfit.push(name.to_owned());
            }
            path.pop();
        }
        for name in unfit {
            table.remove(name.as_str());
        }
    }

    fn fit_items(&mut self, schema: &Value, items: &mut DeArray<'t>, path: &mut Vec<Part>) {
        let Some(schema) = schema.get("items") else { return };
        let before = items.len();
        let mut kept = DeArray::new();
        for mut item in std::mem::replace(items, DeArray::new()) {
            // Places are looked up in what is left, so it is what is left that is counted.
            path.push(Part::Index(kept.len()));
            if self.fit(schema, &mut item, path) {
                kept.push(item);
            }
            path.pop();
        }
        if kept.len() < before {
            self.spoiled.insert(path.clone());
        }
        *items = kept;
    }

    /// Of the schemas of a tagged type, the one whose tag the table has.
    fn choose_branch<'s>(
        &mut self,
        branches: &[(&'s str, &'s Value)],
        value: &Spanned<DeValue<'t>>,
    ) -> Option<&'s Value> {
        let names = || branches.iter().map(|(name, _)| *name);
        let known = format!("{TAG} is one of {}", names().collect::<Vec<_>>().join(", "));
        let DeValue::Table(table) = value.get_ref() else {
            let found = article(value.get_ref().type_str());
            self.problem(value.span(), format!("expected a table, found {found}"), known);
            return None;
        };
        let Some(tag) = table.get(TAG) else {
            let help = format!("add {TAG} = \"…\"; {known}");
            if self.broken.is_empty() {
                self.problem(value.span(), format!("the key '{TAG}' is missing"), help);
            }
            return None;
        };
        let Some(name) = tag.get_ref().as_str() else {
            let found = article(tag.get_ref().type_str());
            self.problem(
                tag.span(),
                format!("expected {}, found {found}", article("string")),
                known,
            );
            return None;
        };
        let branch = branches.iter().find(|(known, _)| *known == name);
        if branch.is_none() {
            let help = match nearest(name, names()) {
                Some(meant) => format!("did you mean '{meant}'?"),
                None => known,
            };
            self.problem(tag.span(), format!("unknown {TAG} {}", quoted(name)), help);
        }
        branch.map(|(_, schema)| *schema)
    }
}

fn child(path: &[Part], part: Part) -> Vec<Part> {
    path.iter().cloned().chain([part]).collect()
}
