//! A supervision tree to watch: every strategy, a pool, a child that is parked, and somebody to kill them.
//!
//! ```text
//! site [--for SECONDS] [--kill NAME]...
//! ```
//!
//! On a terminal the tree is drawn anew as it changes, and takes commands: `kill web.2` ends an actor badly, `stop`, `restart` and
//! `reset` do to it what they say, `scale 5` makes the pool larger, `reload` replaces the processes, `quit` stops it all. Elsewhere the
//! events are lines, and the tree is printed at the end.

mod orders;
mod parts;
mod screen;

use std::time::{Duration, Instant};

use clap::Parser;
use pulsar::prelude::*;

use crate::{
    orders::Orders,
    parts::{Cache, Clock, Importer, Queue, Sender, Store, Web},
    screen::Screen,
};

/// All of it. Whatever ends is started again by itself.
#[supervisor(strategy = one_for_one, restarts = 20, within = "30s")]
struct Site {
    /// What is known.
    #[child]
    memory: Memory,
    /// What is sent.
    #[child]
    mail: Mail,
    /// Whoever comes is answered by one of three. They say every second how they are.
    #[child(process, workers = 3, shutdown = "30s", timeout = "3s")]
    web: Web,
    /// Fails, however often it is tried: it is parked, and harms nobody.
    #[child(thread, on_give_up = park, backoff = "20ms..100ms")]
    importer: Importer,
    /// Ticks on a loop that the arbiter keeps for the tasks of trees.
    #[child(task)]
    clock: Clock,
}

/// The store and the cache of it: neither is worth anything without the other.
#[supervisor(strategy = one_for_all)]
struct Memory {
    #[child(process)]
    store: Store,
    #[child(thread)]
    cache: Cache,
}

/// A queue, and who lives off it: a new queue needs a new sender, but not the other way round.
#[supervisor(strategy = rest_for_one)]
struct Mail {
    #[child(thread)]
    queue: Queue,
    #[child(process)]
    sender: Sender,
}

/// Keeps a small site alive.
#[derive(Debug, Parser)]
struct Args {
    /// For how long, in seconds [default: until told to quit]
    #[arg(long = "for", value_name = "SECONDS", value_parser = seconds)]
    length: Option<Duration>,

    /// Ends this actor badly after a second; may be given more than once
    #[arg(long, value_name = "NAME")]
    kill: Vec<String>,
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.trim_end_matches('s').parse().map_err(|_| "write a number of seconds, such as `3` or `0.5`")?;
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}

/// How long it is let be before anybody is killed.
const CALM: Duration = Duration::from_secs(1);

#[pulsar::main]
async fn main() -> Result<()> {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => error.exit(),
    };
    // The screen shows what happens: reports beside it would only tear it.
    let _ = tracing::subscriber::set_global_default(tracing::subscriber::NoSubscriber::new());
    let mut screen = Screen::open().await?;
    let memory = Memory::new(Store::new(), Cache::new());
    let mail = Mail::new(Queue::new(), Sender::new());
    let site = Site::new(memory, mail, Web::new(), Importer::new(), Clock::new()).named("site").spawn().await?;

    tokio::task::spawn_local(visit(site.clone()));
    let mut orders = Orders::read(args.kill, CALM);
    let end = args.length.map(|length| Instant::now() + length);
    'watch: while end.is_none_or(|end| Instant::now() < end) {
        screen.refresh().await?;
        while let Some(order) = orders.next() {
            match order {
                Some(order) => {
                    screen.prompt();
                    screen.say(order.carry_out(&site).await);
                }
                None => break 'watch,
            }
        }
    }
    screen.close().await?;
    Ok(site.stop().await?)
}

/// Asks the site for a page all the time, whoever answers.
async fn visit(site: SiteProxy) {
    loop {
        // One that is killed takes down what it held: the next visit finds another.
        let _ = site.web().get("/").await;
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
