//! JSON as Jackson reads it for Druid: lenient about scalars, blind to what follows the value.
//!
//! Nothing here recurses: values stay text until someone asks for them, so that neither depth nor
//! size of a document matters.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::ParseError;

/// The members of a JSON object in their order, repeated ones included.
#[derive(Debug)]
pub(super) struct Fields<'a>(Vec<(Cow<'a, str>, &'a str)>);

impl<'a> Fields<'a> {
    /// Reads the object at the start of `text`; what stands behind it is ignored, as by
    /// `ObjectMapper.readValue`. `what` names the object in messages.
    pub(super) fn read(text: &'a str, what: &str) -> Result<Self, ParseError> {
        first_value(text).map_err(|error| ParseError::new(format!("expected {what}: {error}")))
    }

    /// The JSON text of a member, the last one where it is repeated.
    pub(super) fn get(&self, name: &str) -> Option<&'a str> {
        self.0.iter().rev().find(|(key, _)| key == name).map(|(_, value)| *value)
    }

    /// All names and JSON texts.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &'a str)> {
        self.0.iter().map(|(key, value)| (key.as_ref(), *value))
    }

    /// The place and the JSON text of the first member that `wanted` takes.
    pub(super) fn position(&self, wanted: impl Fn(&str, &str) -> bool) -> Option<(usize, &'a str)> {
        let index = self.0.iter().position(|(key, value)| wanted(key, value))?;
        self.0.get(index).map(|(_, value)| (index, *value))
    }

    /// Replaces everything from the member at `index` on.
    pub(super) fn replace_from(&mut self, index: usize, rest: Option<Self>) {
        self.0.truncate(index);
        self.0.extend(rest.into_iter().flat_map(|rest| rest.0));
    }

    /// The type name of a polymorphic object: its first `type` that is not null or nested
    /// (Jackson's `AsPropertyTypeDeserializer`).
    pub(super) fn type_name(&self, what: &str) -> Result<Cow<'a, str>, ParseError> {
        let raw = self
            .iter()
            .filter(|(key, raw)| *key == "type" && *raw != "null" && !is_nested(raw))
            .map(|(_, raw)| raw)
            .next()
            .ok_or_else(|| ParseError::new(format!("expected {what} with a type, found none")))?;
        if raw.starts_with('"') {
            string(raw)
        } else {
            Err(ParseError::expected(&format!("the type of {what} as text"), raw))
        }
    }

    /// Refuses a member that is repeated after every one in `creator` has been there: Jackson has
    /// built the object by then, and has no setter for it.
    pub(super) fn refuse_late_repeats(&self, creator: &[&str]) -> Result<(), ParseError> {
        let mut missing = creator.len();
        for (index, (key, _)) in self.0.iter().enumerate() {
            if !creator.contains(&key.as_ref()) {
                continue;
            }
            if missing == 0 {
                return Err(ParseError::new(format!("expected {key} once, found it again")));
            }
            let first = self.0.iter().take(index).all(|(earlier, _)| earlier != key);
            missing -= usize::from(first);
        }
        Ok(())
    }

    /// A member as a Java `Integer`.
    pub(super) fn int(&self, name: &str) -> Result<Option<i32>, ParseError> {
        let value = self.integer(name, i32::MIN.into(), i32::MAX.into())?;
        Ok(value.and_then(|value| i32::try_from(value).ok()))
    }

    /// A member as a Java `short`, 0 where it is absent or null.
    pub(super) fn short(&self, name: &str) -> Result<i16, ParseError> {
        let value = self.int(name)?.unwrap_or(0);
        i16::try_from(value).map_err(|_| {
            ParseError::expected(&format!("a 16-bit integer in {name}"), &value.to_string())
        })
    }

    /// A member as a Java `Long`.
    pub(super) fn long(&self, name: &str) -> Result<Option<i64>, ParseError> {
        self.integer(name, i64::MIN, i64::MAX)
    }

    fn integer(&self, name: &str, min: i64, max: i64) -> Result<Option<i64>, ParseError> {
        let Some(raw) = self.get(name) else { return Ok(None) };
        integer(raw, min, max)
            .map_err(|()| ParseError::expected(&format!("an integer in {name}"), raw))
    }

    /// A member as a Java `String`; numbers and booleans are taken as they are written.
    pub(super) fn text(&self, name: &str) -> Result<Option<Cow<'a, str>>, ParseError> {
        match self.get(name) {
            None | Some("null") => Ok(None),
            Some(raw) => text(raw, name).map(Some),
        }
    }

    /// A member as a list of Java `String`s, each of which may be null.
    pub(super) fn texts(&self, name: &str) -> Result<Option<Vec<Option<String>>>, ParseError> {
        let Some(raw) = self.get(name).filter(|raw| *raw != "null") else { return Ok(None) };
        let items = list(raw)
            .map_err(|_| ParseError::expected(&format!("a list of texts in {name}"), raw))?;
        items
            .into_iter()
            .map(|raw| {
                if raw == "null" { Ok(None) } else { text(raw, name).map(|text| Some(text.into())) }
            })
            .collect::<Result<_, _>>()
            .map(Some)
    }

    /// A member as a Java `Boolean`.
    pub(super) fn boolean(&self, name: &str) -> Result<Option<bool>, ParseError> {
        let Some(raw) = self.get(name) else { return Ok(None) };
        let wrong = || ParseError::expected(&format!("true or false in {name}"), raw);
        if raw.starts_with('"') {
            let value = string(raw)?;
            return match trimmed(&value) {
                "" | "null" => Ok(None),
                "true" | "True" | "TRUE" => Ok(Some(true)),
                "false" | "False" | "FALSE" => Ok(Some(false)),
                _ => Err(wrong()),
            };
        }
        match raw {
            "null" => Ok(None),
            "true" => Ok(Some(true)),
            "false" => Ok(Some(false)),
            _ if is_nested(raw) || is_fractional(raw) => Err(wrong()),
            _ => Ok(Some(raw != "0")),
        }
    }
}

/// The JSON texts of the items of the list at the start of `text`.
pub(super) fn list(text: &str) -> Result<Vec<&str>, serde_json::Error> {
    let items: Vec<&RawValue> = first_value(text)?;
    Ok(items.into_iter().map(RawValue::get).collect())
}

/// The value at the start of `text`, whatever stands behind it.
fn first_value<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, serde_json::Error> {
    T::deserialize(&mut serde_json::Deserializer::from_str(text))
}

/// Whether a JSON text is a list or an object.
pub(super) fn is_nested(raw: &str) -> bool {
    raw.starts_with(['[', '{'])
}

/// `String.trim` of Java, which knows no white space beyond the ASCII space.
pub(super) fn trimmed(text: &str) -> &str {
    text.trim_matches(|c| c <= ' ')
}

/// Whether a JSON number is one with a fraction or an exponent.
fn is_fractional(raw: &str) -> bool {
    raw.contains(['.', 'e', 'E'])
}

/// The text that a JSON string stands for.
fn string(raw: &str) -> Result<Cow<'_, str>, ParseError> {
    match raw.strip_prefix('"').and_then(|raw| raw.strip_suffix('"')) {
        Some(plain) if !plain.contains('\\') => Ok(Cow::Borrowed(plain)),
        _ => first_value(raw)
            .map(Cow::Owned)
            .map_err(|error| ParseError::new(format!("expected a JSON text: {error}"))),
    }
}

/// A scalar JSON text as a Java `String`.
fn text<'a>(raw: &'a str, name: &str) -> Result<Cow<'a, str>, ParseError> {
    if raw.starts_with('"') {
        string(raw)
    } else if is_nested(raw) {
        Err(ParseError::expected(&format!("a text in {name}"), raw))
    } else {
        Ok(Cow::Borrowed(raw))
    }
}

/// A JSON text as a Java integer: numbers in texts are read, fractions cut off, blanks are null.
fn integer(raw: &str, min: i64, max: i64) -> Result<Option<i64>, ()> {
    let value = if raw.starts_with('"') {
        let text = string(raw).map_err(|_| ())?;
        match trimmed(&text) {
            "" | "null" => return Ok(None),
            digits => digits.parse().map_err(|_| ())?,
        }
    } else if raw == "null" {
        return Ok(None);
    } else if is_fractional(raw) {
        truncated(raw, min, max)?
    } else {
        raw.parse().map_err(|_| ())?
    };
    if (min..=max).contains(&value) { Ok(Some(value)) } else { Err(()) }
}

/// A number with a fraction or an exponent, cut off as Java casts a `double` that is in range.
fn truncated(raw: &str, min: i64, max: i64) -> Result<i64, ()> {
    let value: f64 = raw.parse().map_err(|_| ())?;
    if !(min as f64..=max as f64).contains(&value) {
        return Err(());
    }
    #[expect(clippy::cast_possible_truncation, reason = "cutting off the fraction is the purpose")]
    Ok(value as i64)
}

/// The name of a member, borrowed where it holds no escapes.
#[derive(Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Fields<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                // Most objects have fewer; a payload has about twice as many.
                let mut members = Vec::with_capacity(8);
                while let Some((Key(key), value)) = map.next_entry::<_, &RawValue>()? {
                    members.push((key, value.get()));
                }
                Ok(Fields(members))
            }
        }
        deserializer.deserialize_map(Members)
    }
}
