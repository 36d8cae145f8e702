//! Hooks: commands that are called when a run of a job has ended.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

use crate::config::period::{PERIOD_HELP, positive};
use crate::config::{At, Mistake, Mistakes};
use crate::druid::Period;

const COMMAND_HELP: &str = "write a program and its arguments as [\"/usr/local/bin/notify\", \"ops\"], a line for \
                            /bin/sh as \"notify ops\", or [] for none";

/// What a line is given to.
const SHELL: [&str; 2] = ["/bin/sh", "-c"];

/// The keys of hooks: in a job file, and in `[hooks]` of `lopper.toml`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
pub(crate) struct HooksSpec {
    /// What is called when a run has done all that was asked of it: a program and its arguments as a list, or a line for
    /// /bin/sh; `[]` for nothing.
    #[schemars(example = vec!["/usr/local/bin/notify", "done"])]
    pub on_success: Option<CommandSpec>,
    /// What is called when a run has failed, was refused or is partial, and is not tried again: as `on_success`.
    #[schemars(example = vec!["/usr/local/bin/notify", "failed"])]
    pub on_failure: Option<CommandSpec>,
    /// What is called when a run has ended with warnings, such as of a datasource that is not there: as `on_success`.
    #[schemars(example = vec!["/usr/local/bin/notify", "warned"])]
    pub on_warning: Option<CommandSpec>,
    /// What is called when a run that is done, or partial, has changed a segment: as `on_success`.
    #[schemars(example = vec!["/usr/local/bin/notify", "changed"])]
    pub on_change: Option<CommandSpec>,
    /// How long each hook may take (default PT30S).
    #[schemars(example = &"PT30S")]
    pub hook_timeout: Option<String>,
}

/// A command as it stands in a file.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
pub(crate) enum CommandSpec {
    /// A line for the shell.
    Line(String),
    /// A program and its arguments.
    Words(Vec<String>),
}

impl JsonSchema for CommandSpec {
    fn schema_name() -> Cow<'static, str> {
        "command".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": ["array", "string"],
            "pattern": r"^[^\u0000]*[^\u0000\s][^\u0000]*$",
            "prefixItems": [{ "type": "string", "minLength": 1 }],
            "items": { "type": "string", "pattern": r"^[^\u0000]*$" },
        })
    }
}

/// When a hook is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hook {
    /// The run has done all that was asked of it.
    Success,
    /// The run has failed, was refused or is partial, and is not tried again.
    Failure,
    /// The run has changed a segment.
    Change,
    /// A step of the run has a warning.
    Warning,
}

impl Hook {
    /// Its key.
    pub fn name(self) -> &'static str {
        match self {
            Self::Success => "on_success",
            Self::Failure => "on_failure",
            Self::Change => "on_change",
            Self::Warning => "on_warning",
        }
    }
}

/// The hooks of a job, or those of jobs that have none of their own.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Hooks {
    on_success: Option<HookCommand>,
    on_failure: Option<HookCommand>,
    on_change: Option<HookCommand>,
    on_warning: Option<HookCommand>,
    /// How long each of them may take; positive. `None`: thirty seconds.
    pub timeout: Option<Period>,
}

/// A program and its arguments; without words, none at all.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct HookCommand {
    /// The program and its arguments.
    pub words: Vec<String>,
    /// Where it runs: the directory of the file that names it. Empty: where lopper does.
    pub directory: PathBuf,
}

impl Hooks {
    /// What is called then, if anything is.
    pub fn command(&self, hook: Hook) -> Option<&HookCommand> {
        let command = match hook {
            Hook::Success => &self.on_success,
            Hook::Failure => &self.on_failure,
            Hook::Change => &self.on_change,
            Hook::Warning => &self.on_warning,
        };
        command.as_ref().filter(|command| !command.words.is_empty())
    }

    /// The programs that are called by their names, each with its key. What the shell is told is the shell's.
    pub(crate) fn programs(&self) -> impl Iterator<Item = (&'static str, &HookCommand)> {
        [Hook::Success, Hook::Failure, Hook::Change, Hook::Warning]
            .into_iter()
            .filter_map(|hook| Some((hook.name(), self.command(hook)?)))
            .filter(|(_, command)| !command.is_line())
    }

    /// These hooks, with `other`'s where a key is not there. A key with an empty list is there.
    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        let either = |one: &Option<HookCommand>, other: &Option<HookCommand>| {
            one.as_ref().or(other.as_ref()).cloned()
        };
        Self {
            on_success: either(&self.on_success, &other.on_success),
            on_failure: either(&self.on_failure, &other.on_failure),
            on_change: either(&self.on_change, &other.on_change),
            on_warning: either(&self.on_warning, &other.on_warning),
            timeout: self.timeout.or(other.timeout),
        }
    }

    /// Lets relative paths be those of `directory`, which holds the file that the hooks stand in.
    pub(crate) fn anchor(&mut self, directory: &Path) {
        let commands =
            [&mut self.on_success, &mut self.on_failure, &mut self.on_change, &mut self.on_warning];
        for command in commands.into_iter().flatten() {
            directory.clone_into(&mut command.directory);
        }
    }
}

impl HookCommand {
    /// Whether it is a line for the shell.
    fn is_line(&self) -> bool {
        matches!(self.words.as_slice(), [shell, flag, _] if shell == SHELL[0] && flag == SHELL[1])
    }
}

impl HooksSpec {
    /// The hooks that these keys mean.
    pub(crate) fn check(self) -> Result<Hooks, Vec<Mistake>> {
        let mut mistakes = Mistakes::default();
        let timeout = self.hook_timeout.as_deref();
        let timeout = mistakes.parse("hook_timeout", timeout, positive, PERIOD_HELP);
        let mut command = |key, spec: Option<CommandSpec>| check(&mut mistakes, key, spec?);
        let on_success = command("on_success", self.on_success);
        let on_failure = command("on_failure", self.on_failure);
        let on_change = command("on_change", self.on_change);
        let on_warning = command("on_warning", self.on_warning);
        mistakes.or(Some(Hooks { on_success, on_failure, on_change, on_warning, timeout }))
    }
}

fn check(mistakes: &mut Mistakes, key: &'static str, spec: CommandSpec) -> Option<HookCommand> {
    let before = mistakes.len();
    let words = match spec {
        CommandSpec::Line(line) => {
            mistakes.not_empty(key, Some(&line), COMMAND_HELP);
            if line.contains('\0') {
                mistakes.add(At::Key(key), "the line holds a NUL character", COMMAND_HELP);
            }
            SHELL.map(str::to_owned).into_iter().chain([line]).collect()
        }
        CommandSpec::Words(words) => {
            if words.first().is_some_and(String::is_empty) {
                mistakes.add(At::Item(key, 0), "the program has no name", COMMAND_HELP);
            }
            for (index, _) in words.iter().enumerate().filter(|(_, word)| word.contains('\0')) {
                let message = "the word holds a NUL character";
                mistakes.add(At::Item(key, index), message, COMMAND_HELP);
            }
            words
        }
    };
    (mistakes.len() == before).then(|| HookCommand { words, directory: PathBuf::new() })
}
