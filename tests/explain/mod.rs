//! `explain`: one segment's story, a range, a forecast. What it says is what the commands then do, and it changes
//! nothing.

mod files;
mod forecast;
mod killable;
mod plans;
mod range;
mod rules;
mod screen;
mod segment;
mod turns;

use std::sync::OnceLock;

use jsonschema::Validator;
use serde_json::Value;

use crate::support::Lopper;

fn validator(lopper: &Lopper) -> &'static Validator {
    static VALIDATOR: OnceLock<Validator> = OnceLock::new();
    VALIDATOR.get_or_init(|| {
        let schema = lopper.run(["jobs", "schema", "explain"]).code(0).json();
        assert!(jsonschema::draft202012::meta::is_valid(&schema));
        jsonschema::validator_for(&schema).unwrap()
    })
}

impl Lopper {
    /// Explains; the store stays as it is, and the object meets the schema.
    #[track_caller]
    fn explain(&self, arguments: &[&str]) -> Value {
        self.store_unchanged(|_| self.told(arguments))
    }

    /// As `explain`, without a look at the whole store.
    #[track_caller]
    fn told(&self, arguments: &[&str]) -> Value {
        let arguments = [&["explain"], arguments, &["--output", "json"]].concat();
        let told = self.run(arguments).code(0).json();
        let errors: Vec<String> =
            validator(self).iter_errors(&told).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?}\n{told:#}");
        told
    }
}

/// The id of a segment of one day of `wiki`.
fn id(day: &str, version: &str) -> String {
    crate::support::seg("wiki", &format!("{day}/P1D")).version(version).id()
}

/// Numbers without an order that would matter, the same in every run.
struct Dice(u64);

impl Dice {
    /// One of 0 to `sides - 1`.
    fn roll(&mut self, sides: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }

    fn pick<T: Copy>(&mut self, among: &[T]) -> T {
        among[self.roll(among.len())]
    }
}
