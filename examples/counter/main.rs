//! The first program of the README: an actor with a few commands, asked in every way there is.

use std::time::Duration;

use pulsar::{command::ping, prelude::*};
use serde::{Deserialize, Serialize};

/// Counts what it is told to.
#[actor]
struct Counter {
    start: u64,
    #[state]
    total: u64,
}

#[actor]
impl Counter {
    #[hook]
    async fn start(&mut self, _cx: &mut Context<Self>) -> Result<()> {
        self.total = self.start;
        Ok(())
    }

    /// Adds `n` and returns the new total.
    #[command]
    fn add(&mut self, n: u64) -> u64 {
        self.total += n;
        self.total
    }

    /// The total in `by` equal parts.
    #[command]
    async fn divide(&mut self, cx: &mut Context<Self>, by: u64) -> Result<u64, DivideError> {
        self.total.checked_div(by).ok_or_else(|| DivideError { total: self.total, who: cx.name().to_string() })
    }
}

/// Nothing can be divided by zero.
#[derive(Debug, Serialize, Deserialize)]
struct DivideError {
    who: String,
    total: u64,
}

impl std::fmt::Display for DivideError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} cannot divide {} by zero", self.who, self.total)
    }
}

impl std::error::Error for DivideError {}

/// Any actor answers this one.
#[command]
async fn greet(cx: &mut Context, name: String) -> String {
    format!("Hello {name}, I am {}", cx.name())
}

#[pulsar::main]
async fn main() -> Result<()> {
    let counter = Counter::new(10).named("counter").spawn().await?; // in a process of its own
    println!("10 + 5 = {}", counter.add(5).await?); // ask
    counter.add(1).tell().await?; // no reply
    println!("and 1 = {}", counter.add(0).timeout(Duration::from_millis(500)).await?);
    println!("a quarter = {}", counter.divide(4).await?);
    match counter.divide(0).await {
        Err(AskError::Command(error)) => println!("{error}"), // the command's own error, with its own type
        other => println!("unexpected: {other:?}"),
    }
    println!("{}", counter.send(greet("Ada")).await?); // an open command

    let other = Counter::new(0).on(Kind::Thread).spawn().await?; // the same, in a thread
    let info = other.info().await?;
    println!("on a {}: {}", info.actor.kind.unwrap_or_default(), other.add(7).await?);
    send("counter", ping()).await?; // by name
    println!("{} answers by its name", counter.name());

    counter.stop().await?;
    Ok(())
}
