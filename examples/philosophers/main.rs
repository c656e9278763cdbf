//! The dining philosophers: five actors, five forks between them, and a table that hands out both forks or none.
//!
//! ```text
//! philosophers [--kind process|thread|task] [--seconds S]
//! ```
//!
//! Nobody holds one fork and waits for the other, so there is no deadlock; whoever asked first is not passed by a
//! neighbour, so nobody starves.

mod table;

use std::{cell::Cell, process::ExitCode, rc::Rc, time::Duration};

use clap::Parser;
use futures_util::future::try_join_all;
use pulsar::prelude::*;

use crate::table::{Table, TableProxy};

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
        let (seat, table, eaten) = (self.seat, self.table.clone(), Rc::clone(&self.eaten));
        cx.spawn_local(async move {
            loop {
                // Gives back what an earlier life may have held, or what came too late.
                let _ = table.put_back(seat).await;
                think(seat, eaten.get()).await;
                if table.take_both(seat).await.is_ok() {
                    eat().await;
                    eaten.set(eaten.get() + 1);
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
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            error.print()?;
            return Ok(ExitCode::from(error.exit_code() as u8));
        }
    };
    let table = Table::new(NAMES.len()).named("table").on(args.kind).spawn().await?;
    let seats = NAMES.iter().enumerate();
    let philosophers =
        seats.map(|(seat, name)| Philosopher::new(seat, table.clone()).named(*name).on(args.kind).spawn());
    let philosophers = try_join_all(philosophers).await?;

    tokio::time::sleep(args.seconds).await;

    for (name, philosopher) in NAMES.iter().zip(&philosophers) {
        let info = philosopher.info().await?;
        println!("{name:<10} ate {} times", info.extra("eaten").unwrap_or("0"));
    }
    for philosopher in &philosophers {
        philosopher.stop().await?;
    }
    Ok(ExitCode::SUCCESS)
}
