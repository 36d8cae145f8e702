//! `rules`: the chains of rules, as Druid's JSON.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::cli::{Place, author};
use crate::config::Datasources;
use crate::druid::DEFAULT_CHAIN;
use crate::engine::unknown;
use crate::error::{Error, Result};
use crate::escape::escape;
use crate::input::{Input, read_text};
use crate::render::show_rules;
use crate::rules::report::LintReport;
use crate::rules::{Asked, InForce, NewChain, in_force, read_chain};
use crate::store::{Missing, Store};

/// A file of rules is read up to this many bytes.
const MOST: u64 = 16 << 20;

#[derive(Debug, Args)]
pub(super) struct RulesArgs {
    #[command(subcommand)]
    command: RulesCommand,
}

#[derive(Debug, Subcommand)]
enum RulesCommand {
    /// Print the chain in force of a datasource, or of all that have one.
    Get(Get),
    /// Put a new chain into force.
    Set(Set),
    /// List the versions of a chain, newest first.
    History(History),
    /// Find what is odd about chains, and how many used segments it is about.
    Lint(Lint),
}

#[derive(Debug, Args)]
struct Get {
    /// A datasource, or _default [default: all].
    #[arg(value_name = "DATASOURCE")]
    datasource: Option<String>,
    /// Add the chain of _default behind it.
    #[arg(long, requires = "datasource")]
    full: bool,
}

#[derive(Debug, Args)]
struct Set {
    /// A datasource, or _default.
    #[arg(value_name = "DATASOURCE", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    datasource: String,
    /// The chain, a JSON array; `-` is standard input. The empty chain is [].
    #[arg(value_name = "FILE", default_value = "-")]
    file: PathBuf,
    /// Who sets it [default: $USER, else lopper].
    #[arg(long, value_name = "NAME")]
    author: Option<String>,
    /// Why.
    #[arg(long, value_name = "TEXT")]
    comment: Option<String>,
    #[command(flatten)]
    when: super::When,
}

#[derive(Debug, Args)]
struct History {
    /// A datasource, or _default.
    #[arg(value_name = "DATASOURCE")]
    datasource: String,
    /// How many versions to show at most.
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    count: u32,
}

#[derive(Debug, Args)]
struct Lint {
    /// Datasources, or globs such as 'wikipedia*' [default: all].
    #[arg(value_name = "DATASOURCE")]
    datasources: Vec<String>,
    /// Look at the chain in a file instead of the one datasource's own; `-` is standard input.
    #[arg(long, value_name = "FILE", requires = "datasources")]
    file: Option<PathBuf>,
    /// Look as if it were then: an instant, or `now+P1D`.
    #[arg(long, value_name = "INSTANT")]
    at: Option<String>,
}

impl RulesArgs {
    pub(super) fn run(&self, place: &Place<'_>) -> Result<ExitCode> {
        let store = match self.command {
            RulesCommand::Set(_) => place.open(Missing::Refuse)?,
            _ => place.open_to_read()?,
        };
        match &self.command {
            RulesCommand::Get(get) => get.run(&store),
            RulesCommand::Set(set) => set.run(place, &store),
            RulesCommand::History(history) => history.run(place, &store),
            RulesCommand::Lint(lint) => lint.run(place, &store),
        }
    }
}

impl Get {
    /// JSON in either form of output: the bytes that Druid stores.
    fn run(&self, store: &Store) -> Result<ExitCode> {
        let text = match &self.datasource {
            Some(datasource) => format!("[{}]\n", self.one(store, datasource)?.join(",")),
            None => {
                let members = in_force(store, None)?.into_iter().map(|chain| {
                    let name = serde_json::Value::from(chain.datasource.as_str());
                    format!("{name}:[{}]", rules_of(&chain).join(","))
                });
                format!("{{{}}}\n", members.collect::<Vec<_>>().join(","))
            }
        };
        super::print_text(&text)?;
        Ok(ExitCode::SUCCESS)
    }

    fn one(&self, store: &Store, datasource: &str) -> Result<Vec<String>> {
        let mut rules =
            in_force(store, Some(datasource))?.iter().flat_map(rules_of).collect::<Vec<_>>();
        if rules.is_empty() && datasource != DEFAULT_CHAIN {
            let name = escape(datasource);
            tracing::warn!("'{name}' has no chain of its own: that of {DEFAULT_CHAIN} holds");
            warn_of_unknown(store, datasource)?;
        }
        if self.full && datasource != DEFAULT_CHAIN {
            rules.extend(in_force(store, Some(DEFAULT_CHAIN))?.iter().flat_map(rules_of));
        }
        Ok(rules)
    }
}

fn rules_of(chain: &InForce) -> Vec<String> {
    let (rules, broken) = chain.canonical();
    for reason in broken {
        let name = escape(&chain.datasource);
        tracing::warn!("the chain of '{name}' is broken: {}", escape(&reason));
    }
    rules
}

fn warn_of_unknown(store: &Store, datasource: &str) -> Result<()> {
    if let Some(message) = unknown(store, datasource)? {
        tracing::warn!("{message}");
    }
    Ok(())
}

impl Set {
    fn run(&self, place: &Place<'_>, store: &Store) -> Result<ExitCode> {
        let (name, text) = read(&self.file)?;
        let wall = place.clock.now();
        let new = NewChain {
            datasource: &self.datasource,
            chain: &read_chain(&name, &text)?,
            author: &author(self.author.as_deref()),
            comment: self.comment.as_deref(),
            is_kept: !self.when.dry_run,
            wall,
            now: Place::logical(self.when.at.as_deref(), wall)?,
        };
        let report = crate::rules::set(store, &new)?;
        place.print(&report, || show_rules::set(&report))?;
        Ok(ExitCode::SUCCESS)
    }
}

impl History {
    fn run(&self, place: &Place<'_>, store: &Store) -> Result<ExitCode> {
        let versions = crate::rules::history(store, &self.datasource, self.count)?;
        if versions.is_empty() {
            warn_of_unknown(store, &self.datasource)?;
        }
        place.print(&versions, || show_rules::history(&versions))?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Lint {
    fn run(&self, place: &Place<'_>, store: &Store) -> Result<ExitCode> {
        if !self.datasources.is_empty() {
            Datasources::parse(&self.datasources).map_err(Error::usage)?;
        }
        let text = self.file.as_deref().map(read).transpose()?;
        let instead = match (&text, self.datasources.as_slice()) {
            (Some((_, text)), [one]) => Some((one.as_str(), text.as_str())),
            (Some(_), _) => {
                return Err(Error::usage("--file holds one chain, and more datasources are named")
                    .help("name the one datasource whose chain it is to be"));
            }
            (None, _) => None,
        };
        let wall = place.clock.now();
        let now = Place::logical(self.at.as_deref(), wall)?;
        let asked = Asked { datasources: &self.datasources, instead, now, wall };
        let findings = crate::rules::lint(store, &asked)?;
        self.warn_of_unknown(store)?;
        let report = LintReport::new(now.to_string(), findings);
        place.print(&report, || show_rules::lint(&report))?;
        Ok(if report.errors > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }

    /// Names that mean neither segments nor a chain: a typing mistake must not look like a clean chain.
    fn warn_of_unknown(&self, store: &Store) -> Result<()> {
        for name in self.datasources.iter().filter(|name| *name != "*") {
            if self.file.is_none() && in_force(store, Some(name))?.is_empty() {
                super::export::warn_of_unknown(store, std::slice::from_ref(name))?;
            }
        }
        Ok(())
    }
}

/// The text of a file or of standard input, and the name for it in messages.
fn read(path: &Path) -> Result<(String, String)> {
    let (name, read) = if path.as_os_str() == "-" {
        ("standard input".to_owned(), read_text(std::io::stdin().lock(), MOST))
    } else {
        let read = Input::open(path).and_then(|file| read_text(file, MOST));
        (path.display().to_string(), read)
    };
    let text = read.map_err(|error| {
        Error::usage(format!("cannot read {}", escape(&name)))
            .because(error)
            .help("name a file with a JSON array of rules, or - for standard input")
    })?;
    Ok((name, text))
}
