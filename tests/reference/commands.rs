//! Every command with its arguments and flags, from clap's tree.

use clap::{Arg, Command, CommandFactory};

use super::{Page, choice, code, sentence, table};

/// The heading of the flags that every command takes.
const GLOBAL: &str = "Global options";

pub fn page() -> Page {
    let mut lopper = lopper::cli::Cli::command().disable_help_subcommand(true);
    lopper.build();
    let mut text = String::new();
    let global = lopper.get_arguments().filter(|one| one.get_help_heading() == Some(GLOBAL));
    text.push_str(&format!("## {GLOBAL}\n\nEvery command takes them.\n\n{}\n", arguments(global)));
    lopper.get_subcommands().for_each(|command| add(command, &mut text));
    Page {
        file: "commands.md",
        title: "Commands and flags",
        about: "Every command of `lopper` with its arguments, its flags and their defaults.",
        text,
    }
}

/// Adds a command and all below it.
fn add(command: &Command, text: &mut String) {
    let words = command.get_bin_name().expect("a built command has one");
    let about =
        command.get_long_about().or(command.get_about()).expect("every command says what it does");
    text.push_str(&format!("## {words}\n\n{}\n\n", sentence(&about.to_string())));
    let below: Vec<&Command> = command.get_subcommands().collect();
    if below.is_empty() {
        let usage = command.clone().render_usage().to_string();
        text.push_str(&format!("```text\n{}\n```\n\n", usage.trim_start_matches("Usage: ")));
    }
    let own = command.get_arguments().filter(|one| {
        one.get_help_heading() != Some(GLOBAL)
            && !matches!(one.get_id().as_str(), "help" | "version")
            || one.get_id() == "versions"
    });
    let table = arguments(own);
    if !table.is_empty() {
        text.push_str(&format!("{table}\n"));
    }
    below.into_iter().for_each(|command| add(command, text));
}

fn arguments<'a>(arguments: impl Iterator<Item = &'a Arg>) -> String {
    let shown = arguments.filter(|one| !one.is_hide_set());
    let rows: Vec<_> = shown.map(|one| [name(one), meaning(one)]).collect();
    if rows.is_empty() { String::new() } else { table(["argument or flag", "meaning"], &rows) }
}

/// `-n`, `--dry-run`, `--at INSTANT`, or the name of what stands alone.
fn name(argument: &Arg) -> String {
    let takes = argument.get_action().takes_values();
    let values: Vec<String> = match argument.get_value_names().filter(|_| takes) {
        Some(names) => names.iter().map(ToString::to_string).collect(),
        None if takes => vec![argument.get_id().to_string().to_uppercase()],
        None => Vec::new(),
    };
    let many = argument.get_num_args().is_some_and(|range| range.max_values() > 1);
    let optional = argument.get_num_args().is_some_and(|range| range.min_values() == 0) && takes;
    let mut value = values.join(" ") + if many { "…" } else { "" };
    let Some(long) = argument.get_long() else { return code(value) };
    if optional {
        value = if argument.is_require_equals_set() {
            format!("[={value}]")
        } else {
            format!(" [{value}]")
        };
    } else if !value.is_empty() {
        value = format!(" {value}");
    }
    let short = argument.get_short().map(|short| format!("`-{short}`, ")).unwrap_or_default();
    format!("{short}`--{long}{value}`")
}

fn meaning(argument: &Arg) -> String {
    let help = argument.get_long_help().or(argument.get_help());
    let help = help.unwrap_or_else(|| panic!("{} says nothing", argument.get_id())).to_string();
    let mut parts = vec![sentence(&help)];
    let values = argument.get_possible_values();
    let values: Vec<_> = values.iter().filter(|value| !value.is_hide_set()).collect();
    let is_flag = !argument.get_action().takes_values();
    if !values.is_empty() && !is_flag {
        let told = values.iter().map(|value| match value.get_help() {
            Some(help) => {
                let help = help.to_string();
                format!("`{}` ({})", value.get_name(), help.trim_end_matches('.'))
            }
            None => code(value.get_name()),
        });
        parts.push(format!("One of {}.", choice(&told.collect::<Vec<_>>())));
    }
    let defaults: Vec<String> =
        argument.get_default_values().iter().map(|value| code(value.display())).collect();
    if !defaults.is_empty() && !is_flag {
        parts.push(format!("Default: {}.", defaults.join(", ")));
    }
    if let Some(variable) = argument.get_env() {
        parts.push(format!("Environment: `{}`.", variable.display()));
    }
    parts.join(" ")
}
