//! Programs of one application or several: the command line, the log, the background, and the end.

use std::ffi::OsString;
use std::future::pending;
use std::io::{Write, stderr, stdout};
use std::path::PathBuf;

use futures_util::future::try_join_all;

use super::backstage::Owned;
use super::{App, RunningApp, daemon, launch, pidfile, reload};
use crate::api::arbiter;
use crate::config::{Application, Asked, MISCONFIGURED, Settings, Sources, parse};
use crate::error::Error;

/// Several applications in one program. One has no prefix, each other has its own: its settings are `--rpc-bind` on the command line,
/// `PULSAR_RPC_BIND` in the environment, and `bind` in the table `[rpc]` of a file. What is the program's (the log, the pid file) is said once.
///
/// ```no_run
/// # async fn doc(site: pulsar::App, rpc: pulsar::App) -> pulsar::Result<()> {
/// pulsar::Apps::new().app(site).prefixed("rpc", rpc.bind(":8061")).run().await
/// # }
/// ```
#[derive(Debug, Default)]
#[must_use = "they begin by `run`"]
pub struct Apps(Vec<(Option<String>, App)>);

impl Apps {
    /// None.
    ///
    /// ```
    /// let apps = pulsar::Apps::new();
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// The one without a prefix.
    ///
    /// ```
    /// # fn doc(site: pulsar::App) {
    /// let apps = pulsar::Apps::new().app(site);
    /// # }
    /// ```
    pub fn app(mut self, app: App) -> Self {
        self.0.push((None, app));
        self
    }

    /// Another, under a prefix: letters, digits and `_`.
    ///
    /// ```
    /// # fn doc(rpc: pulsar::App) {
    /// let apps = pulsar::Apps::new().prefixed("rpc", rpc);
    /// # }
    /// ```
    pub fn prefixed(mut self, prefix: &str, app: App) -> Self {
        self.0.push((Some(prefix.into()), app));
        self
    }

    /// As [`App::run`]: until all of them have ended, or one could not go on.
    ///
    /// # Errors, and cancel safety
    ///
    /// As there.
    ///
    /// ```no_run
    /// # async fn doc(apps: pulsar::Apps) -> pulsar::Result<()> {
    /// apps.run().await
    /// # }
    /// ```
    pub async fn run(self) -> Result<(), Error> {
        let running = self.start(std::env::args_os().collect()).await?;
        try_join_all(running.iter().map(RunningApp::wait)).await?;
        Ok(())
    }

    async fn start(self, args: Vec<OsString>) -> Result<Vec<RunningApp>, Error> {
        self.check()?;
        let (file, sources) = match self.read(args)? {
            Asked::Serve { config, flags } => (config, self.sources(flags)),
            Asked::Print { text, code } => {
                let out: &mut dyn Write = if code == 0 { &mut stdout() } else { &mut stderr() };
                // Whoever does not read it has gone.
                let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
                return end(code).await;
            }
        };
        let prefixes: Vec<_> = self.0.iter().filter_map(|(prefix, _)| prefix.clone()).collect();
        let sources: Vec<_> = sources.into_iter().map(|sources| Sources { file: file.clone(), ..sources }).collect();
        let settings = sources.iter().map(|sources| sources.settle(&prefixes)).collect::<Result<Vec<_>, _>>()?;
        let Some(program) = settings.first().cloned() else { return Ok(Vec::new()) };
        if program.daemon && !daemon::is_one() {
            return match tokio::task::spawn_blocking(daemon::start).await {
                Ok(Ok(code)) => end(code).await,
                Ok(Err(error)) => Err(Error::msg(format!("it cannot go to the background: {error}"))),
                Err(error) => Err(error.into()),
            };
        }
        if program.daemon {
            daemon::begin()?;
        }
        crate::log::install(&program, true)?;
        let mut files = Vec::new();
        let pid_file = program.pid_file.clone().or_else(|| {
            let name = self.0.first().map(|(_, app)| app.name.as_str()).unwrap_or("pulsar");
            program.daemon.then(|| PathBuf::from(format!("{name}.pid")))
        });
        if let Some(path) = pid_file {
            files.push(pidfile::write(&path)?);
        }
        let running = self.launch(settings, sources, files).await?;
        for app in &running {
            let workers = crate::plural::count(app.settings().workers.max(1), "worker");
            let urls = app.urls().join(", ");
            tracing::info!(target: "pulsar::app", "{} serves {urls} with {workers}; pid {}", app.name(), std::process::id());
        }
        if program.daemon {
            daemon::ready(program.log_file.as_deref())?;
        }
        if program.reload {
            let binary = std::env::current_exe().ok();
            tokio::task::spawn_local(reload::watch(binary.into_iter().chain(file).collect()));
        }
        Ok(running)
    }

    async fn launch(
        self,
        settings: Vec<Settings>,
        sources: Vec<Sources>,
        mut files: Vec<Owned>,
    ) -> Result<Vec<RunningApp>, Error> {
        let mut running = Vec::new();
        for (((_, app), settings), sources) in self.0.into_iter().zip(settings).zip(sources) {
            running.push(launch::launch(app, settings, sources, std::mem::take(&mut files)).await?);
        }
        Ok(running)
    }

    fn check(&self) -> Result<(), Error> {
        let wrong = |text: String| Err(Error::msg(text).with_code(MISCONFIGURED));
        let mut seen = Vec::new();
        for (prefix, app) in &self.0 {
            if seen.contains(prefix) {
                return wrong(match prefix {
                    None => format!("two applications have no prefix: add `{}` by `.prefixed(..)`", app.name),
                    Some(prefix) => format!("two applications have the prefix `{prefix}`"),
                });
            }
            let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
            if prefix.as_ref().is_some_and(|prefix| prefix.is_empty() || !prefix.chars().all(fits)) {
                return wrong(format!("the prefix of `{}` is of small letters, digits and `_`", app.name));
            }
            seen.push(prefix.clone());
        }
        Ok(())
    }

    fn read(&self, args: Vec<OsString>) -> Result<Asked, Error> {
        // What code has set is the default that help shows; what is wrong with it is said before anything is.
        let code = self.0.iter().map(|(prefix, app)| app.sources(prefix.as_deref()));
        let defaults = code.map(|sources| sources.settle_code()).collect::<Result<Vec<_>, _>>()?;
        let known = self.0.iter().zip(&defaults).map(|((prefix, app), defaults)| Application {
            prefix: prefix.as_deref(),
            groups: app.speaks.groups(),
            defaults,
        });
        let first = self.0.first().map(|(_, app)| app);
        let name = first.map(|app| app.name.as_str()).unwrap_or("pulsar");
        let about = first.and_then(|app| app.about.as_deref());
        Ok(parse(name, about, &known.collect::<Vec<_>>(), args))
    }

    fn sources(&self, flags: Vec<Vec<(String, String)>>) -> Vec<Sources> {
        let each = self.0.iter().zip(flags);
        each.map(|((prefix, app), flags)| Sources { flags, ..app.sources(prefix.as_deref()) }).collect()
    }
}

/// Ends the program, which has served nothing.
async fn end<T>(code: u8) -> Result<T, Error> {
    arbiter().shutdown(code).await?;
    pending().await
}
