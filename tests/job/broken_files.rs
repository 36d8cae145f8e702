//! Files with several mistakes: all are reported, in order, and as a person sees them.

use super::{parse, problems};

#[test]
fn every_mistake_of_a_file_is_reported_at_once() {
    let text = r#"nmae = "x"
schedule = "61 24 * * mon-fun"
time_zone = "Mars"

[guard]
max_percent = 120

[[step]]
op = "mark-unused"
datasources = ["ok", 7, "a["]
intervall = "2015/2016"

[[step]]
op = "wash"

[[step]]
op = "kill"
datasource = "d"
batch_size = "many"
limit = 0
"#;
    assert_eq!(
        problems(text),
        [
            "1:1: unknown key 'nmae'",
            "2:13: 61 is out of range for the minute",
            "2:16: 24 is out of range for the hour",
            "2:23: 'mon-fun' is no day of week",
            "3:13: unknown time zone 'Mars'",
            "6:15: 120 is no percentage",
            "10:22: expected a string in quotes, found a whole number",
            "10:25: the glob 'a[' has a '[' without a ']'; the character itself is '[[]'",
            "11:1: unknown key 'intervall'",
            "14:6: unknown op 'wash'",
            "19:14: expected a whole number, found a string in quotes",
            "20:9: 0 is out of range",
        ]
    );
}

#[test]
fn syntax_errors_do_not_hide_the_rest() {
    let text = "name = \"j\"\nretries = = 5\nsuspend = 1\nname = \"k\"\n[[step]]\nop = \"check\"\nsql = \"x\n";
    let found = problems(text);
    let places: Vec<&str> =
        found.iter().map(|line| line.split(": ").next().unwrap_or_default()).collect();
    assert_eq!(places, ["2:11", "3:11", "4:1", "7:9"], "{found:#?}");
}

#[test]
fn a_problem_shows_its_line_a_caret_and_the_fix() {
    let text = "name = \"j\"\n[[step]]\nop = \"mark-unused\"\ndatasource = \"d\"\n\tintervall = \"2015/2016\"\r\n";
    assert_eq!(
        parse(text).unwrap_err().to_string(),
        "j.toml has a mistake\n\
         \n\
         j.toml:5:2: unknown key 'intervall'\n\
         5 |  intervall = \"2015/2016\"\n  |  ^^^^^^^^^\n\
         help: did you mean 'interval'?"
    );
}

/// What is shown of the only mistake in a line: the line, and how many columns stand before the carets, and how many carets.
fn shown(line: &str) -> (String, usize, usize) {
    let text = format!("name = \"j\"\n{line}\n[[step]]\nop = \"check\"\nsql = \"SELECT 1\"\n");
    let shown = parse(&text).unwrap_err().to_string();
    let mut lines = shown.lines().skip(3);
    let source = lines.next().unwrap().strip_prefix("2 | ").unwrap().to_owned();
    let carets = lines.next().unwrap().strip_prefix("  | ").unwrap();
    let margin = carets.find('^').unwrap();
    (source, margin, carets.len() - margin)
}

/// Columns of a terminal: a wide character takes two, a combining one none.
#[test]
fn carets_stand_below_what_is_meant() {
    for (line, margin, carets) in [
        ("guard = { \"日本語\" = 1 }", 10, 8),
        ("guard = { max_segments = 1, 'ａｂ' = 2 }", 28, 6),
        ("hooks.\u{1F600} = 1", 6, 2),
        ("guard = { 'e\u{301}\u{301}' = 1 }", 10, 3),
        ("guard = { '\u{1F469}\u{200D}\u{1F469}\u{200D}\u{1F467}' = 1 }", 10, 4),
        ("guard = { '한글', max_segmets = 1 }", 16, 1),
        ("guard = {\t'x\u{202e}' = 1 }", 10, 11),
        ("suspend = true, retries = 1", 14, 1),
    ] {
        let found = shown(line);
        assert_eq!((found.1, found.2), (margin, carets), "{line}: {}", found.0);
    }
}

#[test]
fn a_long_line_of_wide_characters_is_cut_by_columns() {
    let (source, margin, carets) =
        shown(&format!("guard = {{ '{0}x' = '{0}' }}", "日".repeat(300)));
    assert_eq!((margin, carets), (10, 89), "{source}");
    assert_eq!(source.matches('日').count(), 44, "{source}");
    let (source, margin, carets) =
        shown(&format!("description = '{0}', x, '{0}'", "日".repeat(300)));
    assert_eq!((margin, carets), (49, 1), "{source}");
    assert!(source.contains("日', x, '日"), "{source}");
}

#[test]
fn nothing_in_a_file_steers_the_terminal() {
    let text = "name = \"j\"\n\"\u{202e}x\" = 1 # \u{9b}1m\nd\u{e9}scription = 1\n";
    let shown = parse(text).unwrap_err().to_string();
    assert!(shown.chars().all(|c| c == '\n' || !c.is_control() && c != '\u{202e}'), "{shown:?}");
    assert!(shown.contains("'\\u{202e}x'"), "{shown}");
}

#[test]
fn a_long_line_is_cut_around_the_caret() {
    let text = format!("name = \"j\"\ndescription = \"{}\", x\n", "é".repeat(5000));
    let shown = parse(&text).unwrap_err().to_string();
    assert!(shown.lines().all(|line| line.chars().count() < 130), "{shown}");
    assert!(shown.contains("\n  | ") && shown.contains('^'), "{shown}");
}

#[test]
fn at_most_fifty_problems_are_shown() {
    let keys: String = (0..60).map(|key| format!("zzzzzz{key} = 1\n")).collect();
    let text = format!("name = \"j\"\n{keys}[[step]]\nop = \"check\"\nsql = \"SELECT 1\"\n");
    let shown = parse(&text).unwrap_err().to_string();
    assert!(shown.starts_with("j.toml has 60 mistakes\n"), "{shown}");
    assert_eq!(shown.matches("unknown key").count(), 50);
    assert!(shown.ends_with("\n\nand 10 more"), "{shown}");
}
