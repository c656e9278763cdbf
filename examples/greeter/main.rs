//! Open commands, names, and actors that spawn actors: a host invites guests, and everyone greets.
//!
//! ```text
//! greeter [--kind process|thread|task]
//! ```

use clap::Parser;
use pulsar::prelude::*;

/// Shows open commands, names, and one actor spawning another.
#[derive(Debug, Parser)]
struct Args {
    /// Where the actors run: process, thread or task
    #[arg(long, default_value_t)]
    kind: Kind,
}

/// Invites guests: spawns them.
#[actor]
struct Host {
    kind: Kind,
    #[state]
    guests: Vec<GuestProxy>,
}

#[actor]
impl Host {
    /// Spawns a guest, known to everyone by its name.
    #[command]
    async fn invite(&mut self, name: String, language: String) -> Result<GuestProxy> {
        let guest = Guest::new(language).named(name).on(self.kind).spawn().await?;
        self.guests.push(guest.clone());
        Ok(guest) // a proxy is a value like any other
    }

    /// How many came.
    #[command]
    fn guests(&self) -> usize {
        self.guests.len()
    }
}

/// Says hello in its language.
#[actor]
struct Guest {
    language: String,
}

#[actor]
impl Guest {
    /// The word for hello.
    #[command]
    fn hello(&self) -> String {
        match self.language.as_str() {
            "it" => "Ciao",
            "de" => "Guten Tag",
            _ => "Hello",
        }
        .into()
    }

    /// Greets another, whoever and wherever that is: a name is enough.
    #[command]
    async fn meet(&mut self, other: String) -> Result<String> {
        Ok(send(other, greet(self.hello())).await?)
    }
}

/// Any actor answers this: the host, the guests, `main` itself.
#[command]
async fn greet(cx: &mut Context, words: String) -> String {
    format!("{} was told: {words}!", cx.name())
}

/// Only a guest answers this.
#[command]
async fn introduce(guest: &mut Guest, cx: &mut Context<Guest>) -> String {
    format!("{}, I am {}", guest.hello(), cx.name())
}

#[pulsar::main]
async fn main() -> Result<std::process::ExitCode> {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            error.print()?;
            return Ok(std::process::ExitCode::from(error.exit_code() as u8));
        }
    };
    let host = Host::new(args.kind).named("host").on(args.kind).spawn().await?;
    let ada = host.invite("ada", "en").await?;
    let bruno = host.invite("bruno", "it").await?;

    println!("{}", ada.send(introduce()).await?);
    println!("{}", bruno.send(introduce()).await?);
    println!("{}", ada.meet("bruno").await?); // guest to guest, by name
    println!("{}", bruno.meet("host").await?);
    println!("{}", send("ada", greet("Welcome")).await?); // by name, from main
    match host.invite("ada", "de").await {
        Ok(_) => println!("two have the same name"),
        Err(error) => println!("no second ada: {error}"),
    }
    println!("{} guests", host.guests().await?);
    Ok(std::process::ExitCode::SUCCESS)
}
