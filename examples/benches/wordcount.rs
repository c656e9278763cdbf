//! How long `wordcount` takes beside a plain loop that does the same on one thread, from the files to the ranking.
//!
//! ```text
//! cargo bench --package pulsar-examples --bench wordcount [-- FILE...]
//! ```
//!
//! Without files it reads the toolchain's own documentation, or as much of it as makes 64 MiB.

#[path = "../wordcount/count.rs"]
#[expect(dead_code, reason = "the plain loop needs no pieces")]
mod count;

use std::{
    fmt::Write,
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

const ENOUGH: u64 = 64 << 20;
const ROUNDS: usize = 5;

fn main() {
    let mut files: Vec<PathBuf> =
        std::env::args_os().skip(1).filter(|argument| argument != "--bench").map(PathBuf::from).collect();
    if files.is_empty() {
        gather(&documentation(), &mut 0, &mut files);
    }
    let size: u64 = files.iter().map(|file| fs::metadata(file).map_or(0, |metadata| metadata.len())).sum();
    println!("{} files, {:.1} MB, the best of {ROUNDS} rounds", files.len(), size as f64 / 1e6);

    let right = plain(&files);
    show("plain loop", size, best(|| assert_eq!(plain(&files), right)));
    for kind in ["process", "thread", "task"] {
        for workers in ["1", "2", "4"] {
            let time = best(|| assert!(wordcount(kind, workers, &files) == right, "{kind} counts differently"));
            show(&format!("{kind}, {workers} workers"), size, time);
        }
    }
}

fn plain(files: &[PathBuf]) -> String {
    let (mut table, mut out) = (count::Table::default(), String::new());
    for file in files {
        table.count(&fs::read(file).unwrap_or_else(|error| panic!("{}: {error}", file.display())));
    }
    for (word, count) in table.ranking(None) {
        writeln!(out, "{count} {word}").unwrap();
    }
    out
}

fn wordcount(kind: &str, workers: &str, files: &[PathBuf]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wordcount"));
    let output = command.args(["--kind", kind, "--workers", workers]).args(files).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn best(mut round: impl FnMut()) -> Duration {
    let times = (0..ROUNDS).map(|_| {
        let begun = Instant::now();
        round();
        begun.elapsed()
    });
    times.min().unwrap_or_default()
}

fn show(what: &str, size: u64, time: Duration) {
    println!("{what:<20} {:>7.1} ms {:>7.0} MB/s", time.as_secs_f64() * 1e3, size as f64 / 1e6 / time.as_secs_f64());
}

fn documentation() -> PathBuf {
    let output =
        Command::new("rustc").args(["--print", "sysroot"]).output().expect("name some files, or install rustc");
    Path::new(String::from_utf8_lossy(&output.stdout).trim()).join("share/doc")
}

/// The text files in and below a folder, in order, until there are enough.
fn gather(folder: &Path, size: &mut u64, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            gather(&path, size, files);
        } else if path.extension().is_some_and(|kind| kind == "html" || kind == "md") && *size < ENOUGH {
            *size += fs::metadata(&path).map_or(0, |metadata| metadata.len());
            files.push(path);
        }
    }
}
