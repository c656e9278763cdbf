//! Where a server listens, as people write it.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// One place to listen at: `127.0.0.1:8060`, `[::1]:8060`, `localhost:0`, `:8060` (all addresses), `unix:/run/site.sock`, or `fd:web`, a socket
/// that a service manager opened ([`listen_fds`](crate::listen_fds)).
///
/// ```
/// use pulsar::Bind;
///
/// assert_eq!("unix:/run/site.sock".parse(), Ok(Bind::Unix("/run/site.sock".into())));
/// assert_eq!(":8060".parse::<Bind>().unwrap().to_string(), "0.0.0.0:8060");
/// assert!("8060".parse::<Bind>().unwrap_err().contains("host:port"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Bind {
    /// A host and a port; port 0 is one that is free.
    Tcp(String),
    /// A socket file. One that nobody listens at any more is replaced.
    Unix(PathBuf),
    /// A socket that was opened for this program, by its name.
    Inherited(String),
}

impl FromStr for Bind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no place to listen at: write host:port, unix:/path or fd:name");
        if let Some(path) = text.strip_prefix("unix:") {
            return if path.is_empty() { Err(wrong()) } else { Ok(Self::Unix(path.into())) };
        }
        if let Some(name) = text.strip_prefix("fd:") {
            return if name.is_empty() { Err(wrong()) } else { Ok(Self::Inherited(name.into())) };
        }
        let (host, port) = text.rsplit_once(':').ok_or_else(wrong)?;
        if port.parse::<u16>().is_err() {
            return Err(format!("`{port}` in `{text}` is no port: a number from 0 to 65535, 0 for one that is free"));
        }
        let bare_v6 = host.contains(':') && !(host.starts_with('[') && host.ends_with(']'));
        if bare_v6 || host.chars().any(|c| c.is_whitespace() || c == '/') {
            return Err(wrong());
        }
        Ok(Self::Tcp(if host.is_empty() { format!("0.0.0.0:{port}") } else { text.into() }))
    }
}

impl fmt::Display for Bind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(place) => f.write_str(place),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
            Self::Inherited(name) => write!(f, "fd:{name}"),
        }
    }
}
