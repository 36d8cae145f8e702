//! The forms of a schedule.

use lopper::druid::Period;
use lopper::job::Schedule;

/// The message of the one error, with the part of the text that it is about.
fn wrong(text: &str) -> (String, String) {
    let errors = Schedule::parse(text).unwrap_err();
    assert_eq!(errors.len(), 1, "{text}: {errors:?}");
    (text[errors[0].range.clone()].to_owned(), errors[0].message.clone())
}

#[test]
fn every_form_is_read() {
    for (text, fields) in [
        ("15 3 * * *", "15 3 * * *"),
        ("  */5\t0-23/2,7 1,15 JAN-Mar,12 sun-7 ", "*/5 0-23/2,7 1,15 JAN-Mar,12 sun-7"),
        ("30 15 3 * * 0", "30 15 3 * * 0"),
        ("30 15 3 1 1 * 2030-2040", "30 15 3 1 1 * 2030-2040"),
        ("@hourly", "0 * * * *"),
        ("@daily", "0 0 * * *"),
        ("@midnight", "0 0 * * *"),
        ("@weekly", "0 0 * * 0"),
        ("@monthly", "0 0 1 * *"),
        ("@yearly", "0 0 1 1 *"),
        ("@annually", "0 0 1 1 *"),
    ] {
        assert_eq!(Schedule::parse(text), Ok(Schedule::Cron(fields.to_owned())), "{text}");
    }
    assert_eq!(Schedule::parse("@manually"), Ok(Schedule::Manually));
    let ten = Period::parse("PT10M").unwrap();
    assert_eq!(Schedule::parse("@every PT10M"), Ok(Schedule::Every(ten)));
}

#[test]
fn a_wrong_field_is_pointed_at() {
    for (text, part, message) in [
        ("60 * * * *", "60", "60 is out of range for the minute"),
        ("* 24 * * *", "24", "24 is out of range for the hour"),
        ("* *  0 * *", "0", "0 is out of range for the day of month"),
        ("* * * 13 *", "13", "13 is out of range for the month"),
        ("* * * * 8", "8", "8 is out of range for the day of week"),
        ("60 * * * * *", "60", "60 is out of range for the second"),
        ("0 0 0 1 1 * 1969", "1969", "1969 is out of range for the year"),
        ("* * * january *", "january", "'january' is no month"),
        ("* * mon * *", "mon", "'mon' is no day of month"),
        ("5- * * * *", "5-", "'5-' is no minute"),
        ("1,,2 * * * *", "1,,2", "'' is no minute"),
        ("+5 * * * *", "+5", "'+5' is no minute"),
        ("? * * * *", "?", "'?' is no minute"),
        ("30-10 * * * *", "30-10", "the range '30-10' of the minute runs backwards"),
        ("* * * * sat-sun", "sat-sun", "the range 'sat-sun' of the day of week runs backwards"),
        ("*/0 * * * *", "*/0", "the step '*/0' of the minute is not a whole number from 1 on"),
        ("*/+5 * * * *", "*/+5", "the step '*/+5' of the minute is not a whole number from 1 on"),
        ("*/ * * * *", "*/", "the step '*/' of the minute is not a whole number from 1 on"),
        ("5/10 * * * *", "5/10", "the step '5/10' of the minute follows a single number"),
        ("99999999999 * * * *", "99999999999", "'99999999999' is no minute"),
        ("", "", "a schedule has five to seven fields, not 0"),
        ("* * * *", "* * * *", "a schedule has five to seven fields, not 4"),
        ("@reboot", "@reboot", "@reboot is not supported: a job runs at times, not at starts"),
        ("@everyPT10M", "@everyPT10M", "unknown schedule '@everyPT10M'"),
        ("@every PT0S", "@every PT0S", "the period of @every must be positive"),
        ("@every P-1D", "@every P-1D", "the period of @every must be positive"),
    ] {
        assert_eq!(wrong(text), (part.to_owned(), message.to_owned()), "{text}");
    }
}

/// The advice of a range that runs backwards is right.
#[test]
fn a_range_across_the_end_is_written_as_two() {
    for (text, right) in [
        ("* * * * SAT-SUN", "Sunday at the end of a range is 7: SAT-7"),
        ("* * * * mon-sun", "Sunday at the end of a range is 7: mon-7"),
        ("* * * * 5-0/2", "Sunday at the end of a range is 7: 5-7"),
        ("* * * * fri-mon", "write both parts: fri-7,1-mon"),
        ("* * * * 6-2", "write both parts: 6-7,1-2"),
        ("* 22-5 * * *", "write both parts: 22-23,0-5"),
        ("* * 28-3 * *", "write both parts: 28-31,1-3"),
        ("* * * nov-feb *", "write both parts: nov-12,1-feb"),
    ] {
        let errors = Schedule::parse(text).unwrap_err();
        assert_eq!(errors[0].help, right, "{text}");
        // What is advised is read.
        let advised = right.rsplit(' ').next().unwrap();
        let wrong = text.split(' ').find(|word| word.contains('-')).unwrap();
        Schedule::parse(&text.replace(wrong, advised)).unwrap();
    }
}

#[test]
fn every_wrong_field_is_reported() {
    assert_eq!(Schedule::parse("60 24 32 13 8").unwrap_err().len(), 5);
}
