//! Owns how a file is cut into pieces and how a piece is read. Knows nothing of messages or actors.

use std::{
    ffi::OsString,
    fs::File,
    io::{self, Read, Seek, SeekFrom},
};

use serde::{Deserialize, Serialize};

use crate::count::boundary;

/// Part of a file. The words that begin in it are its own; the last of them may end after it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Piece {
    /// Which of the files it is of.
    pub(crate) file: usize,
    pub(crate) path: OsString,
    pub(crate) start: u64,
    pub(crate) end: u64,
}

/// What is read at first to see how the last word ends.
const BEYOND: u64 = 128;

impl Piece {
    /// Reads its text into `buffer`; returns where in there that is.
    pub(crate) fn read<'b>(&self, buffer: &'b mut Vec<u8>) -> io::Result<&'b [u8]> {
        let from = self.start.saturating_sub(4);
        let (start, end) = ((self.start - from) as usize, (self.end - from) as usize);
        let mut file = File::open(&self.path)?;
        file.seek(SeekFrom::Start(from))?;
        buffer.clear();

        let mut want = self.end - from + BEYOND;
        loop {
            let got = (&mut file).take(want).read_to_end(buffer)? as u64;
            if buffer.len() < end {
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "The file became shorter while it was read"));
            }
            let whole = got < want;
            // Where the first word has no end in sight, there is no other.
            let Some(first) = boundary(buffer, start, whole) else { return Ok(&[]) };
            if let Some(last) = boundary(buffer, end, whole) {
                return Ok(&buffer[first..last]);
            }
            want = buffer.len() as u64;
        }
    }
}

/// Reads a stream and hands it on as pieces of text of about `size` bytes, cut between words; returns how many
/// invalid sequences it met. Ends early when `take` says that nobody wants more.
pub(crate) fn stream(mut input: impl Read, size: usize, mut take: impl FnMut(String) -> bool) -> io::Result<u64> {
    let (mut buffer, mut invalid) = (Vec::new(), 0);
    loop {
        let seen = buffer.len();
        let got = (&mut input).take(size as u64).read_to_end(&mut buffer)?;
        // An ASCII byte that is in no word can be in no longer character either.
        let separator = |byte: &u8| byte.is_ascii() && !byte.is_ascii_alphanumeric();
        let cut = match buffer[seen..].iter().rposition(separator) {
            _ if got < size => buffer.len(),
            Some(place) => seen + place + 1,
            None => continue,
        };
        invalid += buffer[..cut].utf8_chunks().filter(|chunk| !chunk.invalid().is_empty()).count() as u64;
        let text = String::from_utf8_lossy(&buffer[..cut]).into_owned();
        if !take(text) || got < size {
            return Ok(invalid);
        }
        buffer.drain(..cut);
    }
}

/// An error in the words of the system, without Rust's `(os error 2)`.
pub(crate) fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    text.split_once(" (os error").map_or(text.as_str(), |(reason, _)| reason).to_owned()
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::count::Table;

    const TEXT: &str = "Ab, cdé 中文字x 𝕏y🎉z aİb ΟΔΟΣ. ab AB-ab\n";

    #[test]
    fn pieces_of_a_file_hold_its_words() {
        let mut text = TEXT.repeat(3).into_bytes();
        text.extend_from_slice(b"\xFF\x80\xE2\x82x ");
        text.extend_from_slice("é".repeat(500).as_bytes());
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(&text).unwrap();

        let mut table = Table::default();
        let whole = (table.count(&text), table.ranking(None));
        for size in 1..40 {
            let (mut table, mut invalid, mut buffer) = (Table::default(), 0, Vec::new());
            for start in (0..text.len() as u64).step_by(size) {
                let end = (start + size as u64).min(text.len() as u64);
                let piece = Piece { file: 0, path: file.path().into(), start, end };
                invalid += table.count(piece.read(&mut buffer).unwrap());
            }
            assert_eq!((invalid, table.ranking(None)), whole, "cut every {size}");
        }
    }

    #[test]
    fn a_file_that_became_shorter_is_an_error() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let piece = Piece { file: 0, path: file.path().into(), start: 0, end: 9 };
        assert_eq!(piece.read(&mut Vec::new()).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }

    #[test]
    fn a_stream_is_cut_between_words() {
        let mut text = TEXT.repeat(3).into_bytes();
        text.extend_from_slice(b"\xFFlast\xE2\x82");
        let mut table = Table::default();
        let whole = (table.count(&text), table.ranking(None));
        for size in 1..40 {
            let mut table = Table::default();
            let invalid = stream(&text[..], size, |text| {
                table.count_text(&text);
                true
            });
            assert_eq!((invalid.unwrap(), table.ranking(None)), whole, "cut every {size}");
        }
    }

    #[test]
    fn a_stream_that_nobody_wants_ends() {
        let mut taken = 0;
        stream(io::repeat(b' '), 16, |_| {
            taken += 1;
            taken < 3
        })
        .unwrap();
        assert_eq!(taken, 3);
    }

    #[test]
    fn reasons_are_plain() {
        assert_eq!(reason(&io::Error::from_raw_os_error(2)), "No such file or directory");
        assert_eq!(reason(&io::Error::other("odd")), "odd");
    }
}
