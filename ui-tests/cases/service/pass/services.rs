//! Services of each sort, with and without what they may have, under a renamed crate and with names of the user's own.

mod inner {
    pub use pulsar as renamed;
}

use pulsar::http::{Body, Request, Response, Router, Site};
use pulsar::socket::{Datagram, Stream};
use pulsar::{App, Hooks};

fn hooks() -> Hooks {
    Hooks::new()
}

#[pulsar::http]
fn plain() -> Router {
    Router::new()
}

#[pulsar::http(hooks = hooks)]
async fn async_result(greeting: String, r#type: Option<u32>, path: std::path::PathBuf) -> pulsar::Result<Router> {
    let _ = (greeting, r#type, path);
    Ok(Router::new())
}

#[pulsar::http(crate = crate::inner::renamed)]
pub fn own_error(settings: u8) -> Result<Site, std::num::ParseIntError> {
    let _ = settings;
    Ok(Site::new(Router::new()).connect(async |request: Request| Response::new(Body::from(request.uri().to_string()))))
}

#[pulsar::socket]
async fn nothing(_stream: Stream) {}

#[pulsar::socket(hooks = self::hooks)]
async fn arguments(_stream: Stream, served: String, hooks: Vec<u8>, make: bool) -> std::io::Result<()> {
    let _ = (served, hooks, make);
    Ok(())
}

#[pulsar::udp]
async fn datagrams(datagram: Datagram) -> Result<(), String> {
    datagram.reply(b"yes").await.map_err(|error| error.to_string())
}

fn main() {
    let apps: [App; 5] = [
        plain(),
        async_result("hello", Some(1), "/tmp"),
        nothing().named("another"),
        arguments("a", vec![], true).bind(":0").workers(0),
        datagrams(),
    ];
    drop(apps);
}
