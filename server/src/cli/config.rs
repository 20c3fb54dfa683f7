//! `zoufang.toml`: what is written there is what an option has when neither the command line nor the environment says
//! otherwise. Its keys are the options of `zoufang serve`, with `_` for `-`: one list of them, in `--help` and here.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail, ensure};
use clap::{Arg, ArgMatches, Args, CommandFactory, FromArgMatches, Subcommand, parser::ValueSource};
use toml::{Table, Value};

use super::Cli;

/// The file that is read when none is named.
const FILE: &str = "zoufang.toml";
/// Options that are about one start, not about the installation.
const NOT_KEYS: [&str; 4] = ["demo", "config", "help", "version"];

/// Look at the configuration.
#[derive(Args)]
pub struct Config {
    #[command(subcommand)]
    act: Act,
}

#[derive(Subcommand)]
enum Act {
    /// Say what every key is and where that comes from, or what is wrong with the file.
    Check,
}

impl Config {
    /// Does it. What is wrong with the file has been said before this is reached.
    ///
    /// # Errors
    ///
    /// When a value does not fit its key.
    #[expect(clippy::print_stdout, reason = "this is what the person at the console reads")]
    pub fn run(self, file: Option<&Path>) -> anyhow::Result<()> {
        let Act::Check = self.act;
        let table = file.map(read).transpose()?.unwrap_or_default();
        let command = command(&table)?;
        let matches = command.clone().try_get_matches_from(["zoufang", "serve"])?;
        let (_, serve) = matches.subcommand().context("serve is a command")?;
        match file {
            Some(file) => println!("# {}", file.display()),
            None => println!("# no {FILE} here"),
        }
        for arg in keys(&command) {
            println!("{}", line(arg, serve, &table));
        }
        Ok(())
    }
}

/// A key with its value, where that comes from, and what it means.
fn line(arg: &Arg, serve: &ArgMatches, table: &Table) -> String {
    let id = arg.get_id().as_str();
    let values: Vec<String> =
        serve
            .get_raw(id)
            .into_iter()
            .flatten()
            .map(|it| {
                if arg.is_hide_env_values_set() {
                    "…".to_owned()
                } else {
                    it.to_string_lossy().into_owned()
                }
            })
            .collect();
    let from = match serve.value_source(id) {
        Some(ValueSource::EnvVariable) => "environment",
        _ if table.contains_key(id) => "file",
        _ => "default",
    };
    let meaning = arg.get_help().map(ToString::to_string).unwrap_or_default();
    format!("{id} = {:?}  # {from}. {meaning}", values.join(","))
}

/// The command line, read with what the configuration says; it names the file then.
///
/// # Errors
///
/// What is wrong with the file, naming the key.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> anyhow::Result<Cli> {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let file = file(&arguments)?;
    let table = file.as_deref().map(read).transpose()?.unwrap_or_default();
    let matches = command(&table)?.get_matches_from(arguments);
    let cli = Cli::from_arg_matches(&matches).unwrap_or_else(|it| it.exit());
    Ok(Cli { config: file, ..cli })
}

/// The file that counts: the one that is named, else the one that is here.
fn file(arguments: &[OsString]) -> anyhow::Result<Option<PathBuf>> {
    let named = Cli::command().ignore_errors(true).try_get_matches_from(arguments).ok();
    let named = named.and_then(|it| it.try_get_one::<PathBuf>("config").ok().flatten().cloned());
    match named {
        Some(named) => {
            ensure!(named.is_file(), "there is no configuration in {}", named.display());
            Ok(Some(named))
        }
        None => Ok(Some(PathBuf::from(FILE)).filter(|it| it.is_file())),
    }
}

fn read(file: &Path) -> anyhow::Result<Table> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let table: Table = text.parse().with_context(|| format!("{} is no TOML", file.display()))?;
    let command = Cli::command();
    for key in table.keys() {
        if !keys(&command).any(|it| it.get_id() == key.as_str()) {
            let known: Vec<&str> = keys(&command).map(|it| it.get_id().as_str()).collect();
            bail!("{}: there is no key {key:?}; there are {}", file.display(), known.join(", "));
        }
    }
    Ok(table)
}

/// The options of `serve` that can be keys.
fn keys(command: &clap::Command) -> impl Iterator<Item = &Arg> {
    let serve = command.find_subcommand("serve").into_iter().flat_map(clap::Command::get_arguments);
    serve.filter(|it| !NOT_KEYS.contains(&it.get_id().as_str()))
}

/// The command line whose options are what the configuration says, unless told otherwise.
fn command(table: &Table) -> anyhow::Result<clap::Command> {
    let mut command = Cli::command();
    let subcommands: Vec<String> = command.get_subcommands().map(|it| it.get_name().to_owned()).collect();
    for (key, value) in table {
        let (key, values) = (key.as_str(), texts(key, value)?);
        for name in &subcommands {
            let has = |it: &clap::Command| it.get_arguments().any(|it| it.get_id() == key);
            if command.find_subcommand(name).is_some_and(has) {
                command = command.mut_subcommand(name, |it| it.mut_arg(key, |it| it.default_values(&values)));
            }
        }
    }
    // A value of the file that does not fit is found now, whatever is asked for.
    if !table.is_empty()
        && let Err(cause) = command.clone().try_get_matches_from(["zoufang", "serve"])
    {
        let cause = cause.to_string();
        let line = cause.lines().next().unwrap_or_default().trim_start_matches("error: ");
        bail!("the configuration does not fit: {line}");
    }
    Ok(command)
}

/// The texts of a value: a text, a number, a truth, or a list of texts.
fn texts(key: &str, value: &Value) -> anyhow::Result<Vec<String>> {
    Ok(match value {
        Value::String(text) => vec![text.clone()],
        Value::Integer(number) => vec![number.to_string()],
        Value::Boolean(truth) => vec![truth.to_string()],
        Value::Array(all) => {
            let each = all.iter().map(|it| it.as_str().map(str::to_owned));
            each.collect::<Option<_>>().with_context(|| format!("{key}: a list has texts in it only"))?
        }
        Value::Float(_) | Value::Datetime(_) | Value::Table(_) => bail!("{key}: this is no value for it"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(toml: &str, arguments: &[&str]) -> anyhow::Result<ArgMatches> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.toml");
        std::fs::write(&file, toml).unwrap();
        let table = read(&file)?;
        let matches = command(&table)?.try_get_matches_from([&["zoufang", "serve"], arguments].concat())?;
        Ok(matches.subcommand().unwrap().1.clone())
    }

    fn raw(matches: &ArgMatches, key: &str) -> Vec<String> {
        matches.get_raw(key).into_iter().flatten().map(|it| it.to_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn the_command_line_goes_before_the_file_and_the_file_before_the_default() {
        let toml = "data = '/srv/zoufang'\nroom_min_mib = 64\nlisten = '0.0.0.0:80'\nbackup_off_host = true\n\
            backup_recipients = ['age1a', 'age1b']";
        let matches = parsed(toml, &["--listen", "127.0.0.1:81"]).unwrap();
        assert_eq!(raw(&matches, "data"), ["/srv/zoufang"]);
        assert_eq!(raw(&matches, "listen"), ["127.0.0.1:81"]);
        assert_eq!(raw(&matches, "room_min_mib"), ["64"]);
        assert_eq!(raw(&matches, "backup_keep"), ["14"]);
        assert_eq!(raw(&matches, "backup_recipients"), ["age1a", "age1b"]);
        assert!(matches.get_flag("backup_off_host"));
    }

    #[test]
    fn what_is_wrong_with_the_file_names_the_key() {
        for (toml, key) in [
            ("lisen = 'x'", "lisen"),
            ("demo = true", "demo"),
            ("listen = 'x'", "listen"),
            ("backup_every_hours = 0", "backup-every-hours"),
            ("data = 1.5", "data"),
            ("backup_recipients = [1]", "backup_recipients"),
            ("data =", "no TOML"),
        ] {
            let cause = format!("{:#}", parsed(toml, &[]).unwrap_err());
            assert!(cause.contains(key), "{toml}: {cause}");
        }
    }

    #[test]
    fn other_commands_find_the_database_that_the_server_uses() {
        let table: Table = "database = 'postgres://db/zoufang'".parse().unwrap();
        let matches = command(&table).unwrap().try_get_matches_from(["zoufang", "check"]).unwrap();
        assert_eq!(raw(matches.subcommand().unwrap().1, "database"), ["postgres://db/zoufang"]);
    }
}
