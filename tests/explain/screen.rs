//! One segment on one screen, as people see it.

use super::id;
use crate::support::{Lopper, seg};

#[test]
fn a_segment_fits_on_a_screen() {
    let chain = r#"[{"type":"loadByPeriod","period":"P30D"},{"type":"dropForever"}]"#;
    let kill = "schedule = '@daily'\n[[step]]\nop = 'kill'\ndatasource = 'wiki'\nbuffer_period = 'P10D'\nlimit = 50\n";
    let lopper = Lopper::new()
        .authoritative()
        .segments([
            seg("wiki", "2024-03-02/P1D").s3("bucket", "wiki/1.zip"),
            seg("wiki", "2024-03-02/P1D").version("v2").s3("bucket", "wiki/1.zip"),
        ])
        .rules([("wiki", chain)])
        .job("nightly", kill);
    lopper
        .run(["enforce-rules", "wiki", "--pass", "overshadowed", "--at", "2024-06-01T11:00:00Z"])
        .code(0);
    lopper.lock("wiki", "2024-03-02", "2024-03-03", Some("2024-06-01T18:00:00Z"));
    let answer = lopper.store_unchanged(|lopper| lopper.run(["explain", &id("2024-03-02", "v1")]));
    let golden = include_str!("screen.txt");
    answer.code(0).stdout_is(golden.trim_end());
}
