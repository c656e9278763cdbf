//! Where values come from, in order of precedence, and which of them was wrong.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{Group, SETTINGS, Setting, Settings, find};
use crate::error::Error;
use crate::id::Kind;

/// The exit code of a program that is configured wrong.
pub(crate) const MISCONFIGURED: u8 = 2;

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    Code,
    File(PathBuf),
    Variable(String),
    Flag(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code => f.write_str("set in the program"),
            Self::File(path) => write!(f, "in the file {}", path.display()),
            Self::Variable(name) => write!(f, "in the environment as {name}"),
            Self::Flag(flag) => write!(f, "on the command line as {flag}"),
        }
    }
}

/// What was said, by all sources, about one application. It travels: a worker reads the file anew.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Sources {
    /// The application's prefix among several.
    pub(crate) prefix: Option<String>,
    /// By name, in the order in which the program said it.
    pub(crate) code: Vec<(String, String)>,
    /// What the command line said.
    pub(crate) flags: Vec<(String, String)>,
    pub(crate) file: Option<PathBuf>,
}

impl Sources {
    /// The settings that all of it makes.
    ///
    /// `prefixes` are those of the program's applications; none is any.
    pub(crate) fn settle(&self, prefixes: &[String]) -> Result<Settings, Error> {
        let mut settings = self.settle_code()?;
        if let Some(path) = &self.file {
            let file = File::read(path, prefixes)?;
            for (setting, value) in file.of(self.prefix.as_deref()) {
                set(&mut settings, setting, value, Origin::File(file.path.clone()))?;
            }
        }
        for setting in SETTINGS {
            let name = self.variable(setting);
            if let Ok(value) = std::env::var(&name) {
                set(&mut settings, setting, &value, Origin::Variable(name))?;
            }
        }
        for (name, value) in &self.flags {
            let Some(setting) = find(name) else { continue };
            set(&mut settings, setting, value, Origin::Flag(flag(self.prefix.as_deref(), setting)))?;
        }
        check(&settings)?;
        Ok(settings)
    }

    /// What the program says, where nobody says otherwise.
    pub(crate) fn settle_code(&self) -> Result<Settings, Error> {
        let mut settings = Settings::default();
        for (name, value) in &self.code {
            let setting = find(name).ok_or_else(|| unknown(name, &Origin::Code))?;
            set(&mut settings, setting, value, Origin::Code)?;
        }
        Ok(settings)
    }

    fn variable(&self, setting: &Setting) -> String {
        let name = match &self.prefix {
            Some(prefix) if setting.group != Group::Program => format!("pulsar_{prefix}_{}", setting.name),
            _ => format!("pulsar_{}", setting.name),
        };
        name.replace('-', "_").to_uppercase()
    }
}

/// A setting as it stands on the command line.
pub(super) fn flag(prefix: Option<&str>, setting: &Setting) -> String {
    match prefix {
        Some(prefix) if setting.group != Group::Program => format!("--{prefix}-{}", setting.flag()),
        _ => format!("--{}", setting.flag()),
    }
}

fn set(settings: &mut Settings, setting: &Setting, value: &str, origin: Origin) -> Result<(), Error> {
    (setting.set)(settings, value)
        .map_err(|why| Error::msg(format!("the setting `{}`, {origin}: {why}", setting.name)).with_code(MISCONFIGURED))
}

/// What makes no sense together.
fn check(settings: &Settings) -> Result<(), Error> {
    let wrong = |text: &str| Err(Error::msg(text).with_code(MISCONFIGURED));
    match (&settings.cert_file, &settings.key_file) {
        (Some(_), None) => return wrong("the setting `cert_file` needs `key_file`"),
        (None, Some(_)) => return wrong("the setting `key_file` needs `cert_file`"),
        (Some(_), Some(_)) if cfg!(not(feature = "tls")) => {
            return wrong("the setting `cert_file`: this program was built without TLS (feature `tls` of pulsar)");
        }
        _ => {}
    }
    let apart = settings.workers > 0 && settings.concurrency == Kind::Process;
    if !apart && (settings.user.is_some() || settings.group.is_some()) {
        return wrong(
            "the settings `user` and `group` are of worker processes: here `concurrency` is not `process`, or `workers` is 0",
        );
    }
    Ok(())
}

fn unknown(name: &str, origin: &Origin) -> Error {
    let known: Vec<_> = SETTINGS.iter().map(|setting| setting.name).collect();
    let text = format!("there is no setting `{name}` ({origin}); the settings are {}", known.join(", "));
    Error::msg(text).with_code(MISCONFIGURED)
}

/// A configuration file that was read.
struct File {
    path: PathBuf,
    own: Vec<(&'static Setting, String)>,
    prefixed: BTreeMap<String, Vec<(&'static Setting, String)>>,
}

impl File {
    /// Reads one. `prefixes` are those of the program's applications: each may have a table of its own.
    fn read(path: &Path, prefixes: &[String]) -> Result<Self, Error> {
        let wrong = |why: String| {
            Error::msg(format!("the configuration file {}: {why}", path.display())).with_code(MISCONFIGURED)
        };
        let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
        let table: toml::Table = text.parse().map_err(|error: toml::de::Error| wrong(error.to_string()))?;
        let origin = Origin::File(path.into());
        let mut file = Self { path: path.into(), own: Vec::new(), prefixed: BTreeMap::new() };
        for (name, value) in table {
            if let toml::Value::Table(inner) = value {
                if !prefixes.is_empty() && !prefixes.contains(&name) {
                    let text = format!("the table `[{name}]` is of no application: there are {}", prefixes.join(", "));
                    return Err(wrong(text));
                }
                let values = inner.into_iter().map(|(name, value)| entry(&name, &value, &origin));
                file.prefixed.insert(name, values.collect::<Result<_, _>>()?);
            } else {
                file.own.push(entry(&name, &value, &origin)?);
            }
        }
        Ok(file)
    }

    /// What it says of the application with this prefix. What is the program's is said once, for all.
    fn of(&self, prefix: Option<&str>) -> impl Iterator<Item = (&'static Setting, &String)> {
        let own = self.own.iter().filter(move |(setting, _)| prefix.is_none() || setting.group == Group::Program);
        let prefixed = prefix.and_then(|prefix| self.prefixed.get(prefix)).into_iter().flatten();
        own.chain(prefixed).map(|(setting, value)| (*setting, value))
    }
}

fn entry(name: &str, value: &toml::Value, origin: &Origin) -> Result<(&'static Setting, String), Error> {
    let setting = find(name).ok_or_else(|| unknown(name, origin))?;
    let plain = |value: &toml::Value| match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Float(number) => Some(number.to_string()),
        toml::Value::Boolean(on) => Some(on.to_string()),
        _ => None,
    };
    let text = match value {
        toml::Value::Array(items) => items.iter().map(plain).collect::<Option<Vec<_>>>().map(|items| items.join(",")),
        value => plain(value),
    };
    let text = text.ok_or_else(|| {
        let text = format!("the setting `{name}`, {origin}: it is a text, a number, true or false, or a list of texts");
        Error::msg(text).with_code(MISCONFIGURED)
    })?;
    Ok((setting, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(values: &[(&str, &str)]) -> Sources {
        let code = values.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        Sources { code, ..Sources::default() }
    }

    #[test]
    fn what_is_shown_is_read_back() {
        let mut settings = Settings::default();
        for setting in SETTINGS {
            let shown = (setting.show)(&settings);
            if !shown.is_empty() {
                (setting.set)(&mut settings, &shown).unwrap();
            }
            assert_eq!((setting.show)(&settings), shown, "{}", setting.name);
        }
        assert_eq!(settings, Settings::default());
    }

    #[test]
    fn a_wrong_value_names_setting_source_and_what_is_allowed() {
        let error = code(&[("workers", "many")]).settle(&[]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the setting `workers`, set in the program: `many` is not a whole number from 0 to 4096"
        );
        assert_eq!(error.code(), MISCONFIGURED);
        let error = code(&[("worker", "2")]).settle(&[]).unwrap_err();
        assert!(
            error.to_string().starts_with("there is no setting `worker` (set in the program); the settings are bind,")
        );
    }

    #[test]
    fn the_command_line_comes_before_code() {
        let mut sources = code(&[("workers", "2"), ("backlog", "5")]);
        sources.flags.push(("workers".into(), "3".into()));
        let settings = sources.settle(&[]).unwrap();
        assert_eq!((settings.workers, settings.backlog), (3, 5));
    }

    #[test]
    fn a_file_is_read_strictly() {
        let dir = std::env::temp_dir().join(format!("pulsar-config-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        let path = dir.join("site.toml");
        let read = |text: &str| {
            std::fs::write(&path, text).unwrap();
            Sources { file: Some(path.clone()), ..Sources::default() }.settle(&["rpc".into()])
        };
        let plain = read("workers = 3\nbind = [\":1\", \":2\"]\nlog_level = \"warn\"\n[rpc]\nworkers = 5\n").unwrap();
        assert_eq!((plain.workers, plain.bind.len(), plain.log_level.as_str()), (3, 2, "warn"));
        let rpc = Sources { prefix: Some("rpc".into()), file: Some(path.clone()), ..Sources::default() };
        let rpc = rpc.settle(&["rpc".into()]).unwrap();
        assert_eq!((rpc.workers, rpc.bind.len(), rpc.log_level.as_str()), (5, 1, "warn"));
        for (text, says) in [
            ("workers = ", "site.toml: "),
            ("worker = 1", "there is no setting `worker` (in the file "),
            ("[web]\nworkers = 1", "the table `[web]` is of no application: there are rpc"),
            ("workers = { least = 1 }", "of no application"),
            ("bind = [[1]]", "a list of texts"),
        ] {
            let error = read(text).err().map(|error| error.to_string()).unwrap_or_default();
            assert!(error.contains(says), "{text}: {error}");
        }
        std::fs::remove_dir_all(&dir).unwrap();
    }
}
