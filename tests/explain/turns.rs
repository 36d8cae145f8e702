//! The instants at which a rule's answer changes, against asking it every hour.

use lopper::druid::{Instant, Interval, Rule};

use super::Dice;

const HOUR: i64 = 3_600_000;

fn applies(rule: &Rule, interval: Interval, millis: i64) -> bool {
    rule.bounds(Instant::from_millis(millis)).unwrap().holds(interval)
}

#[test]
fn a_rule_changes_its_answer_at_its_turns_and_nowhere_else() {
    let mut dice = Dice(3);
    let periods = ["P1D", "P1M", "P1Y", "P3M20D", "P1Y11M", "PT36H", "P1M1DT6H", "P13M"];
    let mut turned = 0;
    for _ in 0..60 {
        let period = dice.pick(&periods);
        let kind = dice.pick(&["loadByPeriod", "dropByPeriod", "dropBeforeByPeriod"]);
        let future = dice.pick(&["", r#","includeFuture":false"#]);
        let future = if kind == "dropBeforeByPeriod" { "" } else { future };
        let rule = Rule::parse(&format!(r#"{{"type":"{kind}","period":"{period}"{future}}}"#));
        let rule = rule.unwrap();
        let day = 24 + dice.roll(12);
        let month = dice.pick(&["2023-01", "2024-01", "2024-02", "2024-12"]);
        let day = if month == "2024-02" { day.min(29) } else { day.min(31) };
        let hour = dice.roll(24);
        let interval = Interval::parse(&format!("{month}-{day}T{hour:02}/PT5H")).unwrap();
        let turns = rule.turns(interval);
        let from = interval.start.millis() - 40 * 24 * HOUR;
        let to = from + 900 * 24 * HOUR;
        // All boundaries lie at whole hours, or a millisecond behind.
        for millis in (from..to).step_by(usize::try_from(HOUR).unwrap()) {
            for at in [millis, millis + 1] {
                let changes = applies(&rule, interval, at - 1) != applies(&rule, interval, at);
                let is_told = turns.contains(&Instant::from_millis(at));
                assert_eq!(changes, is_told, "{kind} {period}{future} {interval} at {at}");
                turned += usize::from(changes);
            }
        }
    }
    assert!(turned > 50, "{turned}");
}
