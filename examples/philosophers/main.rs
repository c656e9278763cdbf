//! The dining philosophers: five actors, five forks between them, and a table that hands out both forks or none.
//!
//! ```text
//! philosophers [--kind process|thread|task] [--seconds S] [--chaos [--seed N]]
//! ```
//!
//! Nobody holds one fork and waits for the other, so there is no deadlock; whoever asked first is not passed by a
//! neighbour, so nobody starves. A philosopher may be killed at any time, with forks in hand: the next life gives them back, and no
//! meal is counted twice or lost.

#[path = "../chaos.rs"]
mod chaos;
mod table;

use std::{cell::Cell, process::ExitCode, rc::Rc, time::Duration};

use clap::{CommandFactory, Parser, error::ErrorKind};
use futures_util::future::try_join_all;
use pulsar::prelude::*;

use crate::{
    chaos::{Chaos, hardy},
    table::{Table, TableProxy},
};

const NAMES: [&str; 5] = ["aristotle", "diogenes", "epicurus", "plato", "socrates"];

/// Lets five philosophers dine.
#[derive(Debug, Parser)]
struct Args {
    /// Where the actors run: process, thread or task
    #[arg(long, default_value_t)]
    kind: Kind,

    /// For how long they dine
    #[arg(long, value_name = "S", default_value = "2", value_parser = seconds)]
    seconds: Duration,

    /// Kill random philosophers with -9 all the while: every meal is counted all the same (processes only)
    #[arg(long)]
    chaos: bool,

    /// What the killing is drawn from, to have it again [default: the clock]
    #[arg(long, value_name = "N", requires = "chaos")]
    seed: Option<u64>,
}

impl Args {
    fn read() -> Result<Self, clap::Error> {
        let args = Self::try_parse()?;
        if args.chaos && args.kind != Kind::Process {
            let text = format!("--chaos kills processes: write `--kind process` where `--kind {}` is", args.kind);
            return Err(Self::command().error(ErrorKind::ArgumentConflict, text));
        }
        Ok(args)
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().map_err(|_| "write a number of seconds, such as `2` or `0.5`")?;
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}

/// Thinks and eats, in turn, for as long as it lives.
#[actor]
struct Philosopher {
    seat: usize,
    table: TableProxy,
    #[state]
    eaten: Rc<Cell<u64>>,
}

#[actor]
impl Philosopher {
    #[hook]
    async fn start(&mut self, cx: &mut Context<Self>) -> Result<()> {
        let (seat, table, eaten, life) = (self.seat, self.table.clone(), Rc::clone(&self.eaten), cx.incarnation());
        cx.spawn_local(async move {
            loop {
                // Gives back what an earlier life may have held, or what came too late.
                eaten.set(table.sit(seat, life).await.unwrap_or(eaten.get()));
                loop {
                    think(seat, eaten.get()).await;
                    let Ok(true) = table.take_both(seat, life).await else { break };
                    eat().await;
                    let Ok(meals) = table.put_back(seat, life).await else { break };
                    eaten.set(meals);
                }
            }
        });
        Ok(())
    }

    #[hook]
    fn on_info(&self, info: &mut Info) {
        info.insert("eaten", self.eaten.get());
    }
}

async fn think(seat: usize, round: u64) {
    // Not in step with the others, without a need for a random number.
    tokio::time::sleep(Duration::from_micros(500 + 300 * ((seat as u64 + 3 * round) % 5))).await;
}

async fn eat() {
    tokio::time::sleep(Duration::from_millis(1)).await;
}

#[pulsar::main]
async fn main() -> Result<ExitCode> {
    let args = match Args::read() {
        Ok(args) => args,
        Err(error) => {
            error.print()?;
            return Ok(ExitCode::from(error.exit_code() as u8));
        }
    };
    let table = Table::new(NAMES.len()).named("table").on(args.kind).spawn().await?;
    let seats = NAMES.iter().enumerate();
    let chaos = args.chaos.then(|| Chaos::new(args.seed));
    let philosophers = seats.map(|(seat, name)| {
        let philosopher = Philosopher::new(seat, table.clone()).named(*name).on(args.kind);
        if args.chaos { philosopher.with(hardy).spawn() } else { philosopher.spawn() }
    });
    let philosophers = try_join_all(philosophers).await?;

    let dinner = tokio::time::sleep(args.seconds);
    match &chaos {
        None => dinner.await,
        Some(chaos) => chaos.beside(dinner, CHAOS_PAUSE, |actor| actor.name != "table", || async {}).await,
    }
    for philosopher in &philosophers {
        philosopher.stop().await?;
    }
    // Who was stopped at a meal gives the forks back now.
    for seat in 0..NAMES.len() {
        table.sit(seat, u32::MAX).await?;
    }
    let ledger = table.ledger().await?;
    for (name, eaten) in NAMES.iter().zip(&ledger.eaten) {
        println!("{name:<10} ate {eaten} times");
    }
    let eaten: u64 = ledger.eaten.iter().sum();
    if let Some(chaos) = chaos {
        println!("{}: {} meals begun, {eaten} eaten, {} broken off", chaos.report(), ledger.granted, ledger.broken_off);
    }
    if ledger.granted != eaten + ledger.broken_off {
        return Err(Error::msg("forks were lost"));
    }
    Ok(ExitCode::SUCCESS)
}

/// The longest pause between two kills.
const CHAOS_PAUSE: Duration = Duration::from_millis(20);
