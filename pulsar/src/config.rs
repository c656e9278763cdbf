//! Settings: what they are, their defaults, and where their values come from.
//!
//! Defaults, then code, then a TOML file, then the environment, then the command line: each overrides those before. Knows no application.

mod bind;
mod cli;
mod sources;
mod table;
mod values;

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use bind::Bind;
pub(crate) use cli::{Application, Asked, parse};
pub(crate) use sources::{MISCONFIGURED, Sources};
pub(crate) use table::Group;
use table::{SETTINGS, Setting, find};

use crate::id::Kind;

/// The settings of an application, as its workers see them.
///
/// They are set by name with [`App::set`](crate::App::set), in the file that `--config` names, in the environment as `PULSAR_` and the name in
/// capitals, and on the command line; a later source overrides an earlier one.
///
/// ```
/// let settings = pulsar::Settings::default();
/// assert_eq!((settings.workers, settings.backlog), (1, 2048));
/// ```
///
/// Each is a field below; on the command line its name has dashes (`--keep-alive`), and `-b` `-w` `-t` `-u` `-g` `-n` `-p` `-D` `-c` stand for
/// `bind`, `workers`, `timeout`, `user`, `group`, `process_name`, `pid_file`, `daemon` and `--config`, as in Python's pulsar. Times are seconds
/// or `500ms`, `30s`, `5m`, `1h`; sizes are bytes or `64KiB`, `16MiB`, `1GiB`. Workers read the file again when they begin, so a reload (HUP)
/// renews what concerns them alone: time-outs and limits of requests, `keep_alive`, `max_connections`, certificates, `access_log`, `request_id`, `metrics`,
/// `static_dir`, `user`, `group`. What the master goes by as well (where, how many, how long, when they are replaced) is as it was at the start, and so
/// are workers that are threads: a reload replaces processes.
///
/// # Left out
///
/// What Python's pulsar has, and this has not:
///
/// | There | Here |
/// | --- | --- |
/// | `http_proxy` | a client's matter: no application here is one by itself |
/// | `http_keep_alive` | `keep_alive`, for all that listens |
/// | `debug`, `coverage`, `--io`, `default_process_name` | of Python's tools and loops |
/// | `password` | was never used |
/// | `log_handlers`, `log_config` | a [`tracing`](https://docs.rs/tracing) subscriber of the program's own is kept; else `log_level` and `log_file` |
/// | `data_store`, `exc_id`, `key_value_*` | of stores, which are not here yet |
/// | `stream_buffer` | `body_limit` |
/// | `thread_workers` | the pool of [`Context::executor`](crate::Context::executor) is as large as the machine |
/// | hooks in a configuration file | in code: [`App`](crate::App), [`Hooks`](crate::Hooks); `pre_request` and `post_request` are a tower layer |
/// | test settings, `pulse_app_name` | of other applications |
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Settings {
    /// Where it listens. Default: `127.0.0.1:8060`.
    pub bind: Vec<Bind>,
    /// How many connections wait to be accepted. Default: 2,048 (the system's `somaxconn` bounds it).
    pub backlog: u32,
    /// How many connections one worker has open at a time; more wait to be accepted. Default: 65,536.
    pub max_connections: u32,
    /// How long a connection may be idle before it is closed; zero is for ever. Default: 75 s.
    pub keep_alive: Duration,
    /// The certificate chain that TLS shows, PEM. Default: none, no TLS.
    pub cert_file: Option<PathBuf>,
    /// Its private key, PEM.
    pub key_file: Option<PathBuf>,
    /// How many workers there are; 0 is one on a thread of the master. Default: 1.
    pub workers: u32,
    /// Where a worker runs. Default: a process.
    pub concurrency: Kind,
    /// How long a worker's loop may be silent before it is replaced. Default: 30 s.
    pub timeout: Duration,
    /// How long a worker may take to finish what it has when it stops. Default: 30 s.
    pub exit_timeout: Duration,
    /// After how many requests a worker is replaced, less up to a fifth of it by lot; 0 is never. Default: 0.
    pub max_requests: u64,
    /// After how long a worker is replaced, less up to a fifth; zero is never. Default: 0.
    pub max_age: Duration,
    /// Above how many bytes of resident memory a worker is replaced, less up to a fifth; 0 is never. Default: 0.
    pub max_memory: u64,
    /// How long the head of a request may take to come. Default: 10 s.
    pub header_timeout: Duration,
    /// How long a request's body may make no progress. Default: 30 s.
    pub body_timeout: Duration,
    /// The largest body of a request, in bytes. Default: 16 MiB.
    pub body_limit: u64,
    /// The largest head of a request, in bytes. Default: 64 KiB.
    pub header_limit: u64,
    /// Whether each request is logged (target `pulsar::access`). Default: no.
    pub access_log: bool,
    /// Whether each request has an id, in `x-request-id`: its client's, or a new one. Default: no.
    pub request_id: bool,
    /// The path under which metrics are shown. Default: none.
    pub metrics: Option<String>,
    /// The directory whose files are served under `/static/`. Default: none.
    pub static_dir: Option<PathBuf>,
    /// What is logged, as directives: `info`, `warn,pulsar::access=info`. Default: `info`.
    pub log_level: String,
    /// Where the log goes. Default: standard error.
    pub log_file: Option<PathBuf>,
    /// Where the master's process id is written. Default: nowhere; `<name>.pid` for a daemon.
    pub pid_file: Option<PathBuf>,
    /// Whether it goes to the background. Default: no.
    pub daemon: bool,
    /// Whether workers are replaced when the program's file or its configuration changes. Default: no.
    pub reload: bool,
    /// The user that workers run as. Default: the master's.
    pub user: Option<String>,
    /// The group that workers run as. Default: the master's.
    pub group: Option<String>,
    /// What processes are called in lists of processes. Default: the application's name.
    pub process_name: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            bind: vec![Bind::Tcp("127.0.0.1:8060".into())],
            backlog: 2048,
            max_connections: 65_536,
            keep_alive: Duration::from_secs(75),
            cert_file: None,
            key_file: None,
            workers: 1,
            concurrency: Kind::Process,
            timeout: Duration::from_secs(30),
            exit_timeout: Duration::from_secs(30),
            max_requests: 0,
            max_age: Duration::ZERO,
            max_memory: 0,
            header_timeout: Duration::from_secs(10),
            body_timeout: Duration::from_secs(30),
            body_limit: 16 << 20,
            header_limit: 64 << 10,
            access_log: false,
            request_id: false,
            metrics: None,
            static_dir: None,
            log_level: "info".into(),
            log_file: None,
            pid_file: None,
            daemon: false,
            reload: false,
            user: None,
            group: None,
            process_name: None,
        }
    }
}
