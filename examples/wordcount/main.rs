//! Counts the words of files with several actors, each in its own process, in a thread, or all on one loop.
//!
//! ```text
//! wordcount [--kind process|thread|task] [--workers N] [--top K] [--chaos [--seed N]] FILE...
//! ```
//!
//! `source` cuts the files into jobs, `worker` is the actor that does one, `count` says what a word is. Here the jobs are
//! handed out and the answers put together.

mod args;
#[path = "../chaos.rs"]
mod chaos;
mod count;
mod piece;
mod source;
mod worker;

use std::{
    cell::RefCell,
    io::{self, BufWriter, IsTerminal, Write},
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use futures_util::future::try_join_all;
use indicatif::{ProgressBar, ProgressStyle};
use pulsar::prelude::*;
use tokio::sync::{Mutex, Notify, mpsc::Receiver};

use crate::{
    args::Args,
    chaos::{Chaos, hardy},
    count::Table,
    source::{Job, Source, Trouble},
    worker::{Finding, Tally, Worker, WorkerProxy},
};

/// How many jobs a worker has at once: one that it does, and one that waits for it.
const WINDOW: usize = 2;

/// How often a job is asked for again when its worker dies or keeps silent.
const TRIES: usize = 20;

const PATIENCE: Duration = Duration::from_secs(60);

/// What a worker is given at once where it may be killed at any time.
const CHAOS_PIECE: u64 = 64 << 10;

/// The longest pause between two kills.
const CHAOS_PAUSE: Duration = Duration::from_millis(2);

#[pulsar::main]
async fn main() -> ExitCode {
    let args = match Args::read(std::env::args_os()) {
        Ok(args) => args,
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(error.exit_code() as u8);
        }
    };
    let top = args.top;
    let outcome = match count(args).await {
        Ok((table, troubles)) => {
            let failed = report(&troubles);
            print(table, top).map(|()| failed).map_err(|error| format!("standard output: {}", piece::reason(&error)))
        }
        Err(error) => Err(error.to_string()),
    };
    match outcome {
        Ok(false) => ExitCode::SUCCESS,
        Ok(true) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("wordcount: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Counts it all; returns the words, and what was wrong with each file.
async fn count(args: Args) -> Result<(Table, Vec<(PathBuf, Trouble)>)> {
    let mut workers = args.workers();
    let source = Source::new(args.files);
    let chaos = args.chaos.then(|| Chaos::new(args.seed));
    let piece = args.piece.map_or_else(|| source.piece(workers), |piece| piece.get());
    let piece = if chaos.is_some() { piece.min(CHAOS_PIECE) } else { piece };
    if args.workers.is_none() {
        workers = workers.min(source.useful_workers(piece));
    }

    let count = Count {
        bar: bar(source.size()),
        table: RefCell::default(),
        findings: RefCell::default(),
        done: Notify::new(),
        tries: if chaos.is_some() { usize::MAX } else { TRIES },
    };
    let (jobs, troubles) = source.jobs(piece);
    let jobs = Mutex::new(jobs);
    let work = try_join_all((0..workers).map(|_| count.work(args.kind, &jobs)));
    match &chaos {
        None => work.await?,
        // As often as something is done someone may die: it comes to an end however slow the machine is.
        Some(chaos) => chaos.beside(work, CHAOS_PAUSE, |_| true, || count.done.notified()).await?,
    };
    count.bar.finish_and_clear();
    if let Some(chaos) = chaos {
        eprintln!("wordcount: {}", chaos.report());
    }

    let mut troubles = troubles();
    for Finding { file, invalid, error } in count.findings.into_inner() {
        let trouble = &mut troubles[file].1;
        trouble.invalid += invalid;
        trouble.error = trouble.error.take().or(error);
    }
    Ok((count.table.into_inner(), troubles))
}

/// What has been counted up to now.
struct Count {
    bar: ProgressBar,
    table: RefCell<Table>,
    findings: RefCell<Vec<Finding>>,
    /// A job is done.
    done: Notify,
    /// How often a job is asked for.
    tries: usize,
}

impl Count {
    /// Has a worker of this kind do jobs, as long as there are any.
    async fn work(&self, kind: Kind, jobs: &Mutex<Receiver<Job>>) -> Result<()> {
        let mut worker = Worker::new().on(kind);
        if self.tries > TRIES {
            worker = worker.with(hardy);
        }
        let worker = worker.spawn().await?;
        try_join_all((0..WINDOW).map(|_| self.hand(jobs, &worker))).await?;
        Ok(())
    }

    /// Hands a worker one job after another.
    async fn hand(&self, jobs: &Mutex<Receiver<Job>>, worker: &WorkerProxy) -> Result<()> {
        loop {
            let Some(job) = jobs.lock().await.recv().await else { return Ok(()) };
            let tally = ask(worker, &job, self.tries).await?;
            self.done.notify_waiters();
            self.table.borrow_mut().merge(&tally.counts);
            self.findings.borrow_mut().extend(tally.findings);
            match job {
                Job::Pieces(pieces) => self.bar.inc(pieces.iter().map(|piece| piece.end - piece.start).sum()),
                Job::Text(text) => {
                    self.bar.inc_length(text.len() as u64);
                    self.bar.inc(text.len() as u64);
                }
            }
        }
    }
}

/// Asks until there is an answer: whoever died or was lost on the way took nothing with it.
async fn ask(worker: &WorkerProxy, job: &Job, most: usize) -> Result<Tally, AskError> {
    let mut tries = 1;
    loop {
        let request = match job {
            Job::Pieces(pieces) => worker.count(pieces.clone()),
            Job::Text(text) => worker.count_text(text.clone()),
        };
        match request.timeout(PATIENCE).await {
            Err(AskError::ActorDied { .. } | AskError::Timeout { .. }) if tries < most => tries += 1,
            answer => return answer,
        }
    }
}

/// Tells what was wrong; returns whether any file could not be read.
fn report(troubles: &[(PathBuf, Trouble)]) -> bool {
    for (path, Trouble { invalid, error }) in troubles {
        let name = if path == Path::new("-") { "standard input".into() } else { path.to_string_lossy() };
        match invalid {
            0 => {}
            1 => eprintln!("wordcount: {name}: 1 invalid UTF-8 sequence treated as separator"),
            _ => eprintln!("wordcount: {name}: {invalid} invalid UTF-8 sequences treated as separators"),
        }
        if let Some(error) = error {
            eprintln!("wordcount: {name}: {error}");
        }
    }
    troubles.iter().any(|(_, trouble)| trouble.error.is_some())
}

/// Prints the words. Whoever reads them may have seen enough before the end.
fn print(table: Table, top: Option<usize>) -> io::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    let write = || {
        for (word, count) in table.ranking(top) {
            writeln!(out, "{count} {word}")?;
        }
        out.flush()
    };
    match write() {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        outcome => outcome,
    }
}

/// A progress bar, for those who watch.
fn bar(size: u64) -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{wide_bar} {bytes}/{total_bytes} {bytes_per_sec}");
    ProgressBar::new(size).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
