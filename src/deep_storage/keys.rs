//! Keys of objects as the paths that `object_store` takes.

use std::collections::HashMap;

use object_store::path::Path;

use super::DeleteError;

/// Characters of a key; stores take 1024 bytes or characters.
const LONGEST_KEY: usize = 1024;

/// Objects to delete, each once: an answer about a key does not say which of two it means.
#[derive(Default)]
pub(super) struct Plan {
    pub(super) keys: Vec<Path>,
    places: HashMap<Path, usize>,
}

impl Plan {
    pub(super) fn put_all(&mut self, keys: Vec<Path>) -> Vec<usize> {
        keys.into_iter().map(|key| self.put(key)).collect()
    }

    fn put(&mut self, key: Path) -> usize {
        *self.places.entry(key.clone()).or_insert_with(|| {
            self.keys.push(key);
            self.keys.len() - 1
        })
    }
}

/// A key as a path that names this very object and no other. What is longer than any store's keys, or holds what the
/// XML of requests cannot, would spoil the request for others.
pub(super) fn exact(key: &str) -> Result<Path, DeleteError> {
    let refused = || DeleteError(format!("the key {key:?} cannot be named exactly"));
    let is_odd = |character: char| matches!(character, '\u{fffd}'..='\u{ffff}');
    if key.chars().count() > LONGEST_KEY || key.contains(is_odd) {
        return Err(refused());
    }
    let path = Path::parse(key).map_err(|_| refused())?;
    (path.as_ref() == key.trim_end_matches('/')).then_some(path).ok_or_else(refused)
}
