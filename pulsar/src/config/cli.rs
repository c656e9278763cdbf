//! The command line: made of the table of settings, read and shown by clap.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Arg, ArgAction, Command, ValueHint, value_parser};
use clap_complete::Shell;

use super::sources::flag;
use super::{Group, SETTINGS, Setting, Settings};

/// An application, as the command line knows it.
pub(crate) struct Application<'a> {
    pub(crate) prefix: Option<&'a str>,
    /// What of the table it has.
    pub(crate) groups: &'a [Group],
    /// What its settings are where nobody says otherwise.
    pub(crate) defaults: &'a Settings,
}

/// What was asked for.
#[derive(Debug)]
pub(crate) enum Asked {
    /// To serve: the file, and what was said of each application, in order.
    Serve { config: Option<PathBuf>, flags: Vec<Vec<(String, String)>> },
    /// Something to be printed, and the exit code: help, a version, completions, a wrong flag (on standard error).
    Print { text: String, code: u8 },
}

/// Reads a command line, the program's name first.
pub(crate) fn parse(name: &str, about: Option<&str>, apps: &[Application<'_>], args: Vec<OsString>) -> Asked {
    let mut command = command(name, about, apps);
    let matches = match command.try_get_matches_from_mut(args) {
        Ok(matches) => matches,
        Err(error) => {
            let code = u8::try_from(error.exit_code()).unwrap_or(2);
            return Asked::Print { text: error.render().to_string(), code };
        }
    };
    if let Some(&shell) = matches.get_one::<Shell>("completions") {
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut command, name, &mut script);
        return Asked::Print { text: String::from_utf8_lossy(&script).into_owned(), code: 0 };
    }
    let said = |prefix: Option<&str>, setting: &Setting| {
        let id = flag(prefix, setting);
        if setting.value.is_empty() {
            let given = matches.try_get_one::<bool>(&id).ok().flatten().is_some_and(|&on| on);
            given.then(|| "true".to_string())
        } else {
            matches.try_get_one::<String>(&id).ok().flatten().cloned()
        }
    };
    let flags = apps.iter().map(|app| {
        let found = SETTINGS.iter().filter_map(|setting| Some((setting.name.to_string(), said(app.prefix, setting)?)));
        found.collect()
    });
    Asked::Serve { config: matches.get_one::<PathBuf>("config").cloned(), flags: flags.collect() }
}

fn command(name: &str, about: Option<&str>, apps: &[Application<'_>]) -> Command {
    let mut command = Command::new(name.to_string())
        .about(about.unwrap_or("Serves until it is stopped.").to_string())
        .after_help(
            "Each setting may also stand in the file that --config names (TOML), and in the environment, as PULSAR_WORKERS.\n\
             TERM stops gracefully, INT at once, HUP reloads, TTIN and TTOU add and take a worker.",
        )
        .arg(
            Arg::new("config")
                .short('c')
                .long("config")
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .value_hint(ValueHint::FilePath)
                .env("PULSAR_CONFIG")
                .hide_env(true)
                .help("A file of settings (TOML)"),
        )
        .arg(
            Arg::new("completions")
                .long("completions")
                .value_name("SHELL")
                .value_parser(value_parser!(Shell))
                .help("Print what completes this command line in a shell, and end"),
        );
    for app in apps {
        for setting in SETTINGS.iter().filter(|setting| app.groups.contains(&setting.group)) {
            // What is the program's is asked for once.
            if setting.group == Group::Program && app.prefix.is_some() {
                continue;
            }
            command = command.arg(argument(app, setting));
        }
    }
    command
}

fn argument(app: &Application<'_>, setting: &'static Setting) -> Arg {
    let id = flag(app.prefix, setting);
    let shown = (setting.show)(app.defaults);
    let help = if setting.value.is_empty() || shown.is_empty() {
        setting.help.to_string()
    } else {
        format!("{} [default: {shown}]", setting.help)
    };
    let heading = match (app.prefix, setting.group) {
        (Some(prefix), _) => prefix.to_string(),
        (None, Group::Program) => "Program".into(),
        (None, Group::Worker) => "Workers".into(),
        (None, Group::Socket) => "Sockets".into(),
        (None, Group::Http) => "HTTP".into(),
    };
    let mut arg = Arg::new(id.clone()).long(id.trim_start_matches('-').to_string()).help(help).help_heading(heading);
    if let (Some(short), None) = (setting.short, app.prefix) {
        arg = arg.short(short);
    }
    if setting.value.is_empty() {
        return arg.action(ArgAction::SetTrue);
    }
    let hint = match setting.value {
        "FILE" => ValueHint::FilePath,
        "DIR" => ValueHint::DirPath,
        "USER" => ValueHint::Username,
        _ => ValueHint::Unknown,
    };
    arg.value_name(setting.value).value_hint(hint).allow_hyphen_values(true)
}
