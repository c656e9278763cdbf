//! The table of settings: name, flag, what it means, how a value is read and shown.

use super::values::{kind, number, show_size, size, some_time, switch, time, word};
use super::{Bind, Settings};
use crate::duration;

/// Whom a setting is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Group {
    /// The program: the same for all of its applications.
    Program,
    /// Each application.
    Worker,
    /// What listens at a socket.
    Socket,
    /// What speaks HTTP.
    Http,
}

/// One setting.
pub(crate) struct Setting {
    pub(crate) name: &'static str,
    pub(crate) short: Option<char>,
    pub(crate) group: Group,
    /// What stands for its value in help; nothing for a switch.
    pub(crate) value: &'static str,
    pub(crate) help: &'static str,
    pub(crate) set: fn(&mut Settings, &str) -> Result<(), String>,
    pub(crate) show: fn(&Settings) -> String,
}

impl Setting {
    /// As it stands on the command line.
    pub(crate) fn flag(&self) -> String {
        self.name.replace('_', "-")
    }
}

/// The setting of this name, also as it stands on the command line.
pub(crate) fn find(name: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.name == name.replace('-', "_"))
}

fn shown<T: ToString>(value: Option<&T>) -> String {
    value.map(T::to_string).unwrap_or_default()
}

fn path(value: Option<&std::path::PathBuf>) -> String {
    value.map(|path| path.display().to_string()).unwrap_or_default()
}

/// A path, or none where the text is empty.
fn some<T>(text: &str, make: impl FnOnce(&str) -> Result<T, String>) -> Result<Option<T>, String> {
    if text.is_empty() { Ok(None) } else { make(text).map(Some) }
}

macro_rules! settings {
    ($($group:ident { $($name:ident [$($short:literal)?] $value:literal $help:literal
        ($place:ident, $text:ident) $set:expr; $from:ident $show:expr;)* })*) => {
        /// All of them, in the order in which help shows them.
        pub(crate) const SETTINGS: &[Setting] = &[$($(Setting {
            name: stringify!($name),
            short: [$(Some($short),)? None][0],
            group: Group::$group,
            value: $value,
            help: $help,
            set: |settings, $text| { settings.$name = $set?; Ok(()) },
            show: |settings| { let $from = &settings.$name; $show },
        },)*)*];
    };
}

settings! {
    Socket {
        bind ['b'] "PLACE,.." "Where to listen: host:port (port 0 is one that is free), unix:/path, fd:name; several with commas" (s, text)
            text.split(',').map(|place| place.trim().parse::<Bind>()).collect::<Result<Vec<_>, _>>();
            binds binds.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
        backlog [] "N" "How many connections wait to be accepted" (s, text) number(text, 1, 65_535); n n.to_string();
        max_connections [] "N" "How many connections a worker has open at a time" (s, text) number(text, 1, 1 << 24); n n.to_string();
        keep_alive [] "TIME" "How long a connection may be idle; 0 is for ever" (s, text) time(text); t duration::show(*t);
        cert_file [] "FILE" "The certificate chain of TLS (PEM); read anew by each worker, so that HUP renews it" (s, text)
            some(text, |text| Ok(text.into())); file path(file.as_ref());
        key_file [] "FILE" "The private key of TLS (PEM)" (s, text) some(text, |text| Ok(text.into())); file path(file.as_ref());
    }
    Worker {
        workers ['w'] "N" "How many workers; 0 is one on a thread of the master" (s, text) number(text, 0, 4096); n n.to_string();
        concurrency [] "KIND" "Where a worker runs: process or thread" (s, text) kind(text); k k.to_string();
        timeout ['t'] "TIME" "How long a worker's loop may stand still before it is replaced" (s, text) some_time(text); t duration::show(*t);
        exit_timeout [] "TIME" "How long a worker may finish what it has when it stops" (s, text) some_time(text); t duration::show(*t);
        max_requests [] "N" "After how many requests a worker is replaced; 0 is never" (s, text) number(text, 0, u64::MAX); n n.to_string();
        max_age [] "TIME" "After how long a worker is replaced; 0 is never" (s, text) time(text); t duration::show(*t);
        max_memory [] "SIZE" "Above how much resident memory a worker is replaced; 0 is never" (s, text) size(text); n show_size(*n);
        user ['u'] "USER" "The user that worker processes run as" (s, text) some(text, word); name shown(name.as_ref());
        group ['g'] "GROUP" "The group that worker processes run as" (s, text) some(text, word); name shown(name.as_ref());
        process_name ['n'] "NAME" "What its processes are called" (s, text) some(text, word); name shown(name.as_ref());
    }
    Http {
        header_timeout [] "TIME" "How long the head of a request may take to come" (s, text) some_time(text); t duration::show(*t);
        body_timeout [] "TIME" "How long a request's body may stand still" (s, text) some_time(text); t duration::show(*t);
        header_limit [] "SIZE" "The largest head of a request; at least 8KiB" (s, text)
            size(text).and_then(|size| if size < 8 << 10 { Err(format!("`{text}` is too small: at least 8KiB")) } else { Ok(size) }); n show_size(*n);
        body_limit [] "SIZE" "The largest body of a request" (s, text) size(text); n show_size(*n);
        access_log [] "" "Log each request" (s, text) switch(text); on on.to_string();
        request_id [] "" "Give each request an id (x-request-id): its client's, or a new one" (s, text) switch(text); on on.to_string();
        metrics [] "PATH" "Show metrics under this path" (s, text)
            some(text, |text| if text.starts_with('/') { Ok(text.into()) } else { Err(format!("`{text}` is no path: it begins with `/`")) });
            path shown(path.as_ref());
        static_dir [] "DIR" "Serve the files of this directory under /static" (s, text) some(text, |text| Ok(text.into())); dir path(dir.as_ref());
    }
    Program {
        log_level [] "LEVEL,.." "What is logged: error, warn, info, debug, trace, also target=level" (s, text) word(text); level level.clone();
        log_file [] "FILE" "Where the log goes; opened anew when it was moved away. Default: standard error" (s, text)
            some(text, |text| Ok(text.into())); file path(file.as_ref());
        pid_file ['p'] "FILE" "Where the master's process id is written" (s, text) some(text, |text| Ok(text.into())); file path(file.as_ref());
        daemon ['D'] "" "Go to the background once ready" (s, text) switch(text); on on.to_string();
        reload [] "" "Replace the workers when the program's file or its configuration changes" (s, text) switch(text); on on.to_string();
    }
}
