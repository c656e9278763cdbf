//! Owns the actor that counts. Knows nothing of who asks it, and keeps nothing that could die with it: what it counted
//! is in its answer, so that a job whose worker died is simply asked for again.

use pulsar::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    count::{Counts, Table},
    piece::{Piece, reason},
};

/// Counts words.
#[actor]
pub(crate) struct Worker {
    #[state]
    table: Table,
    #[state]
    buffer: Vec<u8>,
}

#[actor]
impl Worker {
    /// Reads pieces of files and counts their words.
    #[command]
    fn count(&mut self, pieces: Vec<Piece>) -> Tally {
        let mut findings = Vec::new();
        for piece in &pieces {
            match piece.read(&mut self.buffer) {
                Ok(text) => {
                    let invalid = self.table.count(text);
                    if invalid > 0 {
                        findings.push(Finding { file: piece.file, invalid, error: None });
                    }
                }
                Err(error) => findings.push(Finding { file: piece.file, invalid: 0, error: Some(reason(&error)) }),
            }
        }
        Tally { counts: self.table.drain(), findings }
    }

    /// Counts the words of a text.
    #[command]
    fn count_text(&mut self, text: String) -> Tally {
        self.table.count_text(&text);
        Tally { counts: self.table.drain(), findings: Vec::new() }
    }
}

/// What one job gave.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Tally {
    pub(crate) counts: Counts,
    pub(crate) findings: Vec<Finding>,
}

/// Something wrong with a piece of a file.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Finding {
    pub(crate) file: usize,
    pub(crate) invalid: u64,
    pub(crate) error: Option<String>,
}
