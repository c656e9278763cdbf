//! A program whose actors print, for those who look at it from outside.
//!
//! ```text
//! printer MODE [PATH]
//! ```

use std::io::Write;
use std::process::Command;
use std::time::{Duration, Instant};

use pulsar::prelude::*;
use pulsar_tests::{SOON, append, proc, until};

/// Prints what it is told to.
#[actor]
struct Printer {}

#[actor]
impl Printer {
    #[command]
    fn out(&mut self, text: String) {
        print!("{text}");
        let _ = std::io::stdout().flush();
    }

    #[command]
    fn err(&mut self, text: String) {
        eprint!("{text}");
    }

    /// Writes this many bytes without a newline.
    #[command]
    fn flood(&mut self, bytes: u64) -> u64 {
        let chunk = [b'x'; 64 << 10];
        let mut out = std::io::stdout().lock();
        let mut left = bytes;
        while left > 0 {
            let now = left.min(chunk.len() as u64);
            if out.write_all(&chunk[..now as usize]).is_err() {
                break;
            }
            left -= now;
        }
        bytes - left
    }

    /// Starts a program in a session of its own: it holds the pipes, and outlives its group.
    #[command]
    async fn leave_behind(&mut self) -> Result<u32> {
        let program = Command::new("setsid").args(["sleep", "30"]).spawn()?.id();
        until("it leads a session", SOON, async || proc::session(program) == Some(program)).await;
        Ok(program)
    }

    #[command]
    fn die(&mut self) {
        print!("its last words on stdout, without a newline");
        let _ = std::io::stdout().flush();
        eprint!("its last words on stderr");
        std::process::abort()
    }
}

#[pulsar::main]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let path = arguments.get(2).cloned().unwrap_or_else(|| "/dev/null".into());
    let mode = arguments.get(1).map_or("", String::as_str);
    let output = if mode == "inherit" { pulsar::Output::Inherit } else { pulsar::Output::Lines };
    let temporary = |params: &mut Params| {
        params.restart = Restart::Temporary;
        params.output = output;
        // It writes in one handler, for as long as that takes: no heartbeat meanwhile.
        params.timeout = 30 * SOON;
    };
    let printer = Printer::new().named("printer").with(temporary).spawn().await?;
    match mode {
        "lines" | "inherit" => {
            printer.out("one\ntw").await?;
            printer.out("o\n").await?;
            printer.err("wrong\n").await?;
            let died = printer.die().await;
            eprintln!("main: {died:?}");
        }
        "flood" => {
            let mebibytes: u64 = std::env::var("PULSAR_FLOOD").ok().and_then(|text| text.parse().ok()).unwrap_or(256);
            let bytes = printer.flood(mebibytes << 20).timeout(10 * SOON).await?;
            append(&path, &format!("{bytes}"));
        }
        // Nobody reads for a while.
        "stalled" => {
            let began = Instant::now();
            let bytes = printer.flood(16 << 20).timeout(3 * SOON).await?;
            append(&path, &format!("{bytes} {}", began.elapsed().as_millis()));
            // Until somebody reads again.
            tokio::time::sleep(Duration::from_secs(2)).await;
            printer.out("\nafter\n").await?;
            printer.out("the end\n").await?;
        }
        "held" => {
            let program = printer.leave_behind().await?;
            append(&path, &format!("{program}"));
            let began = Instant::now();
            let died = printer.die().await;
            append(&path, &format!("{} {died:?}", began.elapsed().as_millis()));
        }
        other => return Err(Error::msg(format!("no such mode: {other:?}"))),
    }
    Ok(())
}
