//! Whatever the text, reading it ends with a job or with problems that can be shown.

use std::path::Path;

use lopper::config::{Config, IntervalExpression};
use lopper::job::Job;
use lopper::job::Schedule;
use proptest::prelude::*;

/// Pieces of job files, good and bad, in any order.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("name = \"j\"\n".to_owned()),
        Just("[[step]]\nop = \"mark-used\"\n".to_owned()),
        Just("[[step]]\nop = \"kill\"\n".to_owned()),
        Just("[guard]\n".to_owned()),
        Just("datasources = [\"a\", 5, \"\", \"[\"]\n".to_owned()),
        Just("ids = [[1], {a = 1}]\n".to_owned()),
        Just("schedule = \"\"\"\n* 99 é * *\"\"\"\n".to_owned()),
        Just("interval = \"now\u{202e}/..\"\r\n".to_owned()),
        ("[a-z_]{1,9}", "[ -~é]{0,12}").prop_map(|(key, value)| format!("{key} = {value}\n")),
        "[=\"'\\[\\]{}#.,\\\\\n\t é🦀-]{0,6}",
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_to_the_end(text in prop_oneof![any::<String>(), pieces()]) {
        let file = Path::new("any.toml");
        if let Err(problems) = Job::parse(&text, file) {
            prop_assert!(problems.places().count() > 0);
            let shown = problems.to_string();
            prop_assert!(shown.contains("any.toml:"));
            prop_assert!(shown.chars().all(|c| c == '\n' || !c.is_control()), "{:?}", shown);
        }
        if let Err(problems) = Config::parse(&text, file) {
            prop_assert!(problems.places().count() > 0);
        }
    }

    #[test]
    fn any_schedule_has_a_sound_place_for_its_errors(text in "[-*/,@?0-9a-z \téP]{0,30}") {
        for error in Schedule::parse(&text).err().into_iter().flatten() {
            prop_assert!(text.get(error.range).is_some());
        }
    }

    #[test]
    fn any_interval_keeps_its_order(text in "(now|\\.\\.|20[0-9]{2}|P[0-9]{1,9}[YMWD]|[-+P/é]){0,6}", now: i64) {
        let now = lopper::druid::Instant::from_millis(now);
        if let Ok(Ok(interval)) = IntervalExpression::parse(&text).map(|text| text.resolve(now)) {
            prop_assert!(interval.start <= interval.end);
        }
    }
}
