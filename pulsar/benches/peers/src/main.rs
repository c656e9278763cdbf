//! pulsar beside its peers and its floors. Owns the command line.
//!
//! `peers all [--rounds 5] [--only TEXT] [--systems A,B]` runs every workload and prints a table; `peers run --workload NAME
//! --system NAME [--rounds 1] [--count N]` runs one and prints a line of JSON a round; `peers list` names them.

mod child;
mod job;
mod loops;
mod measure;
mod memory;
mod report;
mod runner;
mod systems;
mod table;

use std::process::ExitCode;

fn main() -> ExitCode {
    if let Some(code) = child::divert() {
        return code;
    }
    // The process actors of this bench begin here, too.
    pulsar::init();
    let args: Vec<String> = std::env::args().skip(1).collect();
    let after = |name: &str| {
        let at = args.iter().position(|arg| arg == name)?;
        args.get(at + 1).map(String::as_str)
    };
    let rounds = |default| after("--rounds").and_then(|text| text.parse().ok()).unwrap_or(default);
    match args.first().map(String::as_str) {
        Some("all") => runner::all(rounds(5), after("--only").unwrap_or_default(), after("--systems")),
        Some("run") => match (after("--workload"), after("--system")) {
            (Some(workload), Some(system)) => {
                runner::run(workload, system, rounds(1), after("--count").and_then(|text| text.parse().ok()))
            }
            _ => usage(),
        },
        Some("list") => {
            for row in table::ROWS {
                println!("{:<20} {}", row.name, row.systems.join(" "));
            }
            ExitCode::SUCCESS
        }
        _ => usage(),
    }
}

fn usage() -> ExitCode {
    eprintln!("peers all [--rounds 5] [--only TEXT] [--systems A,B]");
    eprintln!("peers run --workload NAME --system NAME [--rounds 1] [--count OPERATIONS]");
    eprintln!("peers list");
    ExitCode::from(2)
}
