//! Eight ways to die: an actor in a process of its own ends in each of them, and is there again.
//!
//! `cargo run --bin crash [-- COMMAND ..]` shows for each command what its end was taken for, what the crash report says it was
//! at, and the restart. The reports themselves go to standard error.

use std::{
    hint::black_box,
    process::{abort, exit},
    time::{Duration, Instant},
};

use pulsar::prelude::*;
use rustix::process::{Signal, getpid, kill_process};

/// Dies as it is told.
#[actor(memory = "1GiB", timeout = "1s", backoff = "10ms..20ms")]
struct Mortal {}

#[actor]
impl Mortal {
    /// The signal that a bad pointer brings; more than once, because at the first Rust looks for an overflow of the stack, and
    /// goes on if there is none.
    #[command]
    fn segfault(&mut self) {
        loop {
            let _ = kill_process(getpid(), Signal::SEGV);
        }
    }

    #[command]
    fn abort(&mut self) {
        abort()
    }

    #[command]
    fn stack_overflow(&mut self) -> u64 {
        #[expect(unconditional_recursion, reason = "that is what it is for")]
        fn deeper(n: u64) -> u64 {
            let frame = black_box([n; 64]);
            deeper(n + 1) + frame[0]
        }
        deeper(0)
    }

    /// Asks for more than its limit.
    #[command]
    fn out_of_memory(&mut self) -> usize {
        black_box(Vec::<u8>::with_capacity(4 << 30)).capacity()
    }

    #[command]
    fn exit(&mut self, code: i32) {
        exit(code)
    }

    #[command]
    fn panic(&mut self) {
        panic!("as asked")
    }

    /// Never comes back to its loop, so it sends no heartbeat.
    #[command]
    fn infinite_loop(&mut self) {
        loop {
            std::hint::spin_loop();
        }
    }
}

const ALL: [&str; 8] =
    ["segfault", "abort", "stack_overflow", "out_of_memory", "exit 0", "exit 3", "panic", "infinite_loop"];

#[pulsar::main]
async fn main() -> Result<()> {
    let asked: Vec<String> = std::env::args().skip(1).collect();
    if let Some(unknown) = asked.iter().find(|asked| !ALL.contains(&asked.as_str())) {
        return Err(Error::msg(format!("no such command: {unknown}; there are: {}", ALL.join(", "))));
    }
    // It is to die more often than anyone would allow.
    let mortal = Mortal::new().named("mortal").with(|params| params.intensity = None).spawn().await?;
    println!("{:<15} {:<40} {:<26} back as", "command", "the end", "last command");
    for command in ALL.into_iter().filter(|command| asked.is_empty() || asked.iter().any(|asked| asked == command)) {
        let before = mortal.info().await?.actor.incarnation;
        let told = match command {
            "segfault" => mortal.segfault().tell().await,
            "abort" => mortal.abort().tell().await,
            "stack_overflow" => mortal.stack_overflow().tell().await,
            "out_of_memory" => mortal.out_of_memory().tell().await,
            "panic" => mortal.panic().tell().await,
            "infinite_loop" => mortal.infinite_loop().tell().await,
            exit => mortal.exit(if exit.ends_with('0') { 0 } else { 3 }).tell().await,
        };
        told?;
        show(&mortal, command, before).await?;
    }
    mortal.stop().await?;
    Ok(())
}

/// Waits for the next incarnation, and prints what that knows of the one before.
async fn show(mortal: &MortalProxy, command: &str, before: u32) -> Result<()> {
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(20) {
        let Ok(info) = mortal.info().await else { continue };
        let Some(crash) = info.last_crash.filter(|crash| crash.incarnation == before) else {
            tokio::time::sleep(Duration::from_millis(1)).await;
            continue;
        };
        let end = crash.reason.to_string();
        let end = end.split(" at ").next().unwrap_or_default();
        let last = crash.last_command.unwrap_or_default();
        let last = format!("{last}, {}", if crash.running { "unfinished" } else { "finished" });
        println!("{command:<15} {end:<40} {last:<26} incarnation {}", info.actor.incarnation);
        return Ok(());
    }
    Err(Error::msg(format!("it did not come back after {command}")))
}
