//! Runs workloads: one in this process, or all of them, each in a process of its own, systems interleaved over rounds.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::process::{Command, ExitCode, Stdio};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crate::job::{Figure, Job, Line, Shape};
use crate::table::{ROWS, Row, row};
use crate::{loops, measure, report, systems};

/// How long all of it may take: no round is begun that would end later.
const ALL: Duration = Duration::from_secs(14 * 60);

/// How long one run may take.
const LONGEST: Duration = Duration::from_secs(60);

/// pulsar without its fork server, and what turns that off.
const EXECUTED: &str = "pulsar-exec";
const FORK_SERVER: &str = "PULSAR_FORK_SERVER";

/// The figures of all rounds, by row and system.
pub type Figures = BTreeMap<(&'static str, &'static str), Vec<Figure>>;

/// One workload of one system; a line of JSON a round. One round is run here, several each in a process of their own.
///
/// Another `count` of operations than the row's is for counting instructions: the difference of two runs is free of what a program's
/// beginning and end cost.
pub fn run(workload: &str, system: &str, rounds: usize, count: Option<u64>) -> ExitCode {
    let Some(row) = row(workload) else {
        eprintln!("there is no workload `{workload}`: see `peers list`");
        return ExitCode::from(2);
    };
    measure::COUNTING.store(count.is_some(), Ordering::Relaxed);
    for _ in 0..rounds {
        let is_prepared = system != EXECUTED || std::env::var_os(FORK_SERVER).is_some();
        let figure = if rounds == 1 && is_prepared { here(row, system, count) } else { apart(row, system) };
        let Some(figure) = figure else {
            eprintln!("{system} has no figure for {workload}");
            return ExitCode::FAILURE;
        };
        let (workload, system) = (workload.to_string(), system.to_string());
        let line = Line { workload, system, placement: row.job.place.name().to_string(), figure };
        println!("{}", serde_json::to_string(&line).expect("a line is plain data"));
    }
    ExitCode::SUCCESS
}

/// pulsar's threads pin themselves: the arbiter is neither of the two that are measured, unless all share one core.
fn here(row: &Row, system: &str, count: Option<u64>) -> Option<Figure> {
    let place = row.job.place;
    if !system.starts_with("pulsar") || place.here() == place.there() {
        loops::pin(place.here());
    }
    systems::run(system, Job { count: count.unwrap_or(row.job.count), ..row.job })
}

/// The row of this name, or everything whose name contains it, in so many rounds; then the table.
pub fn all(rounds: usize, only: &str, chosen: Option<&str>) -> ExitCode {
    let rows: Vec<_> = match row(only) {
        Some(row) => vec![row],
        None => ROWS.iter().filter(|row| row.name.contains(only)).collect(),
    };
    let chosen: Option<Vec<_>> = chosen.map(|names| names.split(',').collect());
    let mut figures = Figures::new();
    let mut failed = BTreeSet::new();
    let began = Instant::now();
    let mut done = 0;
    for round in 0..rounds {
        if round > 0 && began.elapsed() / round as u32 * (round as u32 + 1) > ALL {
            eprintln!("\r\x1b[K{done} rounds are what there is time for");
            break;
        }
        for (at, row) in rows.iter().enumerate() {
            let mut systems = row.systems.to_vec();
            systems.retain(|system| chosen.as_ref().is_none_or(|chosen| chosen.contains(system)));
            // Nobody is always the first, or always after the same.
            let first = (round + at) % systems.len().max(1);
            systems.rotate_left(first);
            for system in systems {
                if failed.contains(&(row.name, system)) {
                    continue;
                }
                eprint!("\r\x1b[Kround {} of {rounds}, {:.0?}: {} {system}", round + 1, began.elapsed(), row.name);
                let _ = std::io::stderr().flush();
                match apart(row, system) {
                    Some(figure) => figures.entry((row.name, system)).or_default().push(figure),
                    // It is not tried again: another round would cost as long.
                    None => {
                        failed.insert((row.name, system));
                        eprintln!("\n{} {system}: no figure", row.name);
                    }
                }
            }
        }
        done += 1;
    }
    eprintln!("\r\x1b[K{done} rounds in {:.0?}", began.elapsed());
    report::print(&rows, &figures, done);
    ExitCode::SUCCESS
}

/// One run in a process of its own, which is killed where it does not end.
fn apart(row: &Row, system: &str) -> Option<Figure> {
    let mut command = Command::new(std::env::current_exe().ok()?);
    command.args(["run", "--workload", row.name, "--system", system]).stdin(Stdio::null()).stdout(Stdio::piped());
    if system == EXECUTED {
        command.env(FORK_SERVER, "off");
    }
    // A backtrace costs more than a restart; what is said of 10,000 deaths is not what is measured.
    command.env_remove("RUST_BACKTRACE");
    if row.job.shape == Shape::Panic {
        command.stderr(Stdio::null());
    }
    let mut child = command.spawn().ok()?;
    let mut output = child.stdout.take()?;
    let (done, over) = std::sync::mpsc::channel::<()>();
    let watch = std::thread::spawn(move || {
        if over.recv_timeout(LONGEST).is_err() {
            let _ = child.kill();
        }
        child.wait()
    });
    let mut text = String::new();
    let read = output.read_to_string(&mut text);
    let _ = done.send(());
    let status = watch.join().ok()?.ok()?;
    read.ok()?;
    let line: Line = serde_json::from_str(text.lines().last()?).ok()?;
    status.success().then_some(line.figure)
}
