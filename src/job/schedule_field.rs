//! One field of a schedule: the numbers and names that it takes, and what a text of it means.

use std::collections::BTreeSet;
use std::iter::StepBy;
use std::ops::RangeInclusive;

use crate::config::problem::quoted;

/// A message and its fix.
pub(crate) type Wrong = (String, String);

/// What a field of a schedule takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Numbers {
    /// The numbers; a Sunday is 0.
    pub values: BTreeSet<u32>,
    /// Whether the field begins with `*`, also as `*/2`: Debian's cron goes by that alone.
    pub is_starred: bool,
}

/// One field: its name, the numbers it takes and the names that stand for numbers.
pub(crate) struct Field {
    name: &'static str,
    range: RangeInclusive<u32>,
    /// The first name stands for the range's first number.
    names: &'static [&'static str],
}

pub(crate) const SECOND: Field = Field { name: "second", range: 0..=59, names: &[] };
pub(crate) const MINUTE: Field = Field { name: "minute", range: 0..=59, names: &[] };
pub(crate) const HOUR: Field = Field { name: "hour", range: 0..=23, names: &[] };
pub(crate) const DAY: Field = Field { name: "day of month", range: 1..=31, names: &[] };
pub(crate) const MONTH: Field = Field {
    name: "month",
    range: 1..=12,
    names: &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
};
pub(crate) const WEEKDAY: Field = Field {
    name: "day of week",
    range: 0..=7,
    names: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"],
};
pub(crate) const YEAR: Field = Field { name: "year", range: 1970..=2100, names: &[] };

impl Field {
    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// A list of `*`, `*/step`, number, `from-to` and `from-to/step` (Debian cron's `get_list`).
    pub(crate) fn read(&self, text: &str) -> Result<Numbers, Wrong> {
        let mut values = BTreeSet::new();
        for element in text.split(',') {
            values.extend(self.read_element(element)?);
        }
        if self.name == WEEKDAY.name && values.remove(&7) {
            values.insert(0);
        }
        Ok(Numbers { values, is_starred: text.starts_with('*') })
    }

    fn read_element(&self, element: &str) -> Result<StepBy<RangeInclusive<u32>>, Wrong> {
        let (range, step) = match element.split_once('/') {
            Some((range, step)) => (range, Some(step)),
            None => (element, None),
        };
        let ends = range.split_once('-');
        let numbers = match ends {
            Some((from, to)) => self.range_of(from, to, element)?,
            None if range == "*" => self.range.clone(),
            None => self.number(range, element).map(|one| one..=one)?,
        };
        let is_single = ends.is_none() && range != "*";
        let step = step.map_or(Ok(1), |step| self.step(step, is_single, element))?;
        Ok(numbers.step_by(step))
    }

    fn range_of(&self, from: &str, to: &str, all: &str) -> Result<RangeInclusive<u32>, Wrong> {
        let range = all.split('/').next().unwrap_or(all);
        let (from, to) = (self.number(from, all)?, self.number(to, all)?);
        if from <= to {
            return Ok(from..=to);
        }
        let message = format!("the range {} of the {} runs backwards", quoted(range), self.name);
        Err((message, self.forwards(range, to)))
    }

    /// What a range that runs backwards is likely to mean: up to the last number, and on from the first. With its sides
    /// exchanged it would mean what it leaves out.
    fn forwards(&self, range: &str, to: u32) -> String {
        let (from_word, to_word) = range.split_once('-').unwrap_or((range, range));
        let last = self.range.end();
        if self.name == WEEKDAY.name && to == 0 {
            return format!("Sunday at the end of a range is {last}: {from_word}-{last}");
        }
        // A Sunday is the last day as well as the first.
        let first = if self.name == WEEKDAY.name { 1 } else { *self.range.start() };
        format!("write both parts: {from_word}-{last},{first}-{to_word}")
    }

    /// Debian's cron takes any step from 1 on; one beyond the range picks the first number.
    fn step(&self, step: &str, is_single: bool, element: &str) -> Result<usize, Wrong> {
        let shown = || format!("the step {} of the {}", quoted(element), self.name);
        if is_single {
            let (number, last) = (element.split('/').next().unwrap_or_default(), self.range.end());
            let help = format!("write a range before the step: {number}-{last}/…");
            return Err((format!("{} follows a single number", shown()), help));
        }
        let number = step.parse::<u32>().ok().filter(|number| *number > 0 && is_digits(step));
        number.and_then(|step| usize::try_from(step).ok()).ok_or_else(|| {
            let message = format!("{} is not a whole number from 1 on", shown());
            (message, "write for example */15".to_owned())
        })
    }

    fn number(&self, text: &str, element: &str) -> Result<u32, Wrong> {
        let named = self.names.iter().position(|name| name.eq_ignore_ascii_case(text));
        let number = match named.and_then(|index| u32::try_from(index).ok()) {
            Some(index) => Some(self.range.start() + index),
            None => text.parse().ok().filter(|_| is_digits(text)),
        };
        match number {
            Some(number) if self.range.contains(&number) => Ok(number),
            Some(number) => {
                Err((format!("{number} is out of range for the {}", self.name), self.allowed()))
            }
            None => Err((format!("{} is no {}", quoted(element), self.name), self.allowed())),
        }
    }

    fn allowed(&self) -> String {
        let names = match (self.names.first(), self.names.last()) {
            (Some(first), Some(last)) => format!(" or {first}–{last}"),
            _ => String::new(),
        };
        let (first, last) = (self.range.start(), self.range.end());
        format!(
            "the {} takes *, numbers {first}–{last}{names}, ranges a-b, lists a,b and steps */n",
            self.name
        )
    }
}

/// `parse` alone would also take a sign.
fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}
