//! A program with a setup: a subscriber of its own, in the master and in each process actor. Run by `behaviour/setup.rs`.
//!
//! While the file that `SETUP_PANICS_WHILE` names is there, the setup panics.

use std::fmt;

use pulsar::prelude::*;
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span,
};

#[actor]
struct Teller {}

#[actor]
impl Teller {
    #[hook]
    fn start(&mut self) {
        tracing::info!("it starts");
    }

    /// Its process's number.
    #[command]
    fn say(&mut self) -> u32 {
        tracing::info!("it was asked");
        std::process::id()
    }
}

/// Writes events to standard error, each with its process.
struct Lines;

struct Text(String);

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.0 = format!("{value:?}");
        }
    }
}

impl Subscriber for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "telemetry"
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut text = Text(String::new());
        event.record(&mut text);
        eprintln!("{}: {}", std::process::id(), text.0);
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

fn subscribe() {
    let panics = std::env::var("SETUP_PANICS_WHILE").is_ok_and(|path| std::fs::exists(path).unwrap_or(false));
    assert!(!panics, "no subscriber today");
    tracing::subscriber::set_global_default(Lines).expect("a setup is called once");
    eprintln!("{}: set up", std::process::id());
}

#[pulsar::main(setup = subscribe)]
async fn main() -> Result<()> {
    tracing::info!("main runs");
    println!("{}", std::process::id());
    if let Ok(path) = std::env::var("SETUP_PANICS_WHILE") {
        std::fs::write(path, "")?;
    }
    match Teller::new().spawn().await {
        Ok(teller) => println!("{}", teller.say().await?),
        Err(error) => println!("{error}"),
    }
    Ok(())
}
