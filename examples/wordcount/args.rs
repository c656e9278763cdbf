//! Owns the command line. Knows nothing of what is done with it.

use std::{
    ffi::OsString,
    num::{NonZeroU64, NonZeroUsize},
    path::PathBuf,
};

use clap::{CommandFactory, Parser, error::ErrorKind};
use pulsar::Kind;

/// Counts the words of files with several actors.
///
/// A word is a run of letters and digits of any script, lower-cased. Each is printed as COUNT WORD, the most frequent
/// first, ties by word.
#[derive(Debug, Parser)]
#[command(name = "wordcount")]
pub(crate) struct Args {
    /// Where the workers run: process, thread or task
    #[arg(long, default_value_t)]
    pub(crate) kind: Kind,

    /// How many actors count [default: one a core]
    #[arg(long, value_name = "N")]
    pub(crate) workers: Option<NonZeroUsize>,

    /// Print only the K most frequent words
    #[arg(long, value_name = "K")]
    pub(crate) top: Option<usize>,

    /// Kill random workers with -9 all the while: the count is the same (processes only)
    #[arg(long)]
    pub(crate) chaos: bool,

    /// What the killing is drawn from, to have it again [default: the clock]
    #[arg(long, value_name = "N", requires = "chaos")]
    pub(crate) seed: Option<u64>,

    /// How many bytes a worker is given at once
    #[arg(long, value_name = "BYTES", hide = true)]
    pub(crate) piece: Option<NonZeroU64>,

    /// What to read; `-`, or nothing, is standard input
    #[arg(value_name = "FILE", default_value = "-", hide_default_value = true)]
    pub(crate) files: Vec<PathBuf>,
}

impl Args {
    /// Reads the command line; the error says what to write.
    pub(crate) fn read(arguments: impl IntoIterator<Item = OsString>) -> Result<Self, clap::Error> {
        let args = Self::try_parse_from(arguments)?;
        if args.chaos && args.kind != Kind::Process {
            let text = format!("--chaos kills processes: write `--kind process` where `--kind {}` is", args.kind);
            return Err(Self::command().error(ErrorKind::ArgumentConflict, text));
        }
        Ok(args)
    }

    /// How many workers there are to be.
    pub(crate) fn workers(&self) -> usize {
        self.workers.or_else(|| std::thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Args::command().debug_assert();
    }

    #[test]
    fn without_files_it_is_standard_input() {
        let args = Args::try_parse_from(["wordcount"]).unwrap();
        assert_eq!((args.kind, args.files), (Kind::Process, vec!["-".into()]));
    }

    #[test]
    fn a_kind_that_is_none_is_named() {
        let error = Args::try_parse_from(["wordcount", "--kind", "fiber"]).unwrap_err();
        assert!(error.to_string().contains("`fiber` is no kind of actor: write `process`, `thread` or `task`"));
        assert_eq!(error.exit_code(), 2);
    }

    #[test]
    fn only_processes_are_killed() {
        let read = |arguments: &[&str]| Args::read(arguments.iter().map(Into::into));
        assert!(read(&["wordcount", "--chaos", "--seed", "7"]).is_ok());
        assert_eq!(read(&["wordcount", "--chaos", "--kind", "task"]).unwrap_err().exit_code(), 2);
        assert_eq!(read(&["wordcount", "--seed", "7"]).unwrap_err().exit_code(), 2);
    }

    #[test]
    fn no_workers_are_refused() {
        assert_eq!(Args::try_parse_from(["wordcount", "--workers", "0"]).unwrap_err().exit_code(), 2);
    }
}
