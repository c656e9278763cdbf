//! To where tunnels may lead.

use serde::{Deserialize, Serialize};

/// Any of these.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Rules(Vec<Rule>);

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Rule {
    /// In small letters; `*` is any, `*.name` whatever is under a name.
    host: String,
    /// Any, where there is none.
    port: Option<u16>,
}

impl Rules {
    /// `host:port,..`, where either may be `*`.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let rules = text.split(',').map(str::trim).filter(|rule| !rule.is_empty()).map(|rule| {
            let wrong = || format!("PROXY_CONNECT: `{rule}` is not `host:port`; either may be `*`");
            let (host, port) = rule.rsplit_once(':').ok_or_else(wrong)?;
            let port = if port == "*" { None } else { Some(port.parse().map_err(|_| wrong())?) };
            Ok(Rule { host: host.trim_matches(['[', ']']).to_ascii_lowercase(), port })
        });
        rules.collect::<Result<_, String>>().map(Self)
    }

    pub(crate) fn allow(&self, host: &str, port: u16) -> bool {
        let host = host.trim_matches(['[', ']']).trim_end_matches('.').to_ascii_lowercase();
        self.0.iter().any(|rule| {
            let fits = match rule.host.strip_prefix('*') {
                None => host == rule.host,
                Some("") => true,
                Some(end) => host.len() > end.len() && host.ends_with(end),
            };
            fits && rule.port.is_none_or(|it| it == port)
        })
    }
}
