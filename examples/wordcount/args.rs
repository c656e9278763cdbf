//! Owns the command line. Knows nothing of what is done with it.

use std::{
    num::{NonZeroU64, NonZeroUsize},
    path::PathBuf,
};

use clap::Parser;
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

    /// How many bytes a worker is given at once
    #[arg(long, value_name = "BYTES", hide = true)]
    pub(crate) piece: Option<NonZeroU64>,

    /// What to read; `-`, or nothing, is standard input
    #[arg(value_name = "FILE", default_value = "-", hide_default_value = true)]
    pub(crate) files: Vec<PathBuf>,
}

impl Args {
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
        use clap::CommandFactory;
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
    fn no_workers_are_refused() {
        assert_eq!(Args::try_parse_from(["wordcount", "--workers", "0"]).unwrap_err().exit_code(), 2);
    }
}
