//! Owns what a word is, and the table that words are counted in. Knows nothing of files, messages or actors.
//!
//! A word is a maximal run of [`char::is_alphanumeric`], lower-cased. Bytes that are no UTF-8 separate words, and each
//! maximal sequence of them (what `String::from_utf8_lossy` writes one `U+FFFD` for) is counted.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
};

use serde::{Deserialize, Serialize};

/// Words and how often each was met.
#[derive(Debug, Default)]
pub(crate) struct Table {
    counts: HashMap<Box<str>, u64, BuildHasherDefault<WordHasher>>,
    lowered: String,
}

/// A table made small for a message: the words in one string, a line each, and their counts in the same order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Counts {
    words: String,
    counts: Vec<u64>,
}

impl Table {
    /// Counts the words of `bytes`; returns how many invalid sequences it met.
    pub(crate) fn count(&mut self, bytes: &[u8]) -> u64 {
        if let Ok(text) = str::from_utf8(bytes) {
            self.count_text(text);
            return 0;
        }
        let mut invalid = 0;
        for chunk in bytes.utf8_chunks() {
            self.count_text(chunk.valid());
            invalid += u64::from(!chunk.invalid().is_empty());
        }
        invalid
    }

    /// Counts the words of `text`.
    pub(crate) fn count_text(&mut self, text: &str) {
        let bytes = text.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            let start = at;
            let mut seen = 0;
            while at < bytes.len() && CLASS[bytes[at] as usize] & (WORD | UPPER) != 0 {
                seen |= CLASS[bytes[at] as usize];
                at += 1;
            }
            if at < bytes.len() && CLASS[bytes[at] as usize] == FOREIGN {
                at = self.count_foreign(text, start);
            } else {
                if seen & UPPER != 0 {
                    self.add_lowered(&text[start..at], str::make_ascii_lowercase);
                } else if seen != 0 {
                    self.add(&text[start..at], 1);
                }
                at += 1;
            }
        }
    }

    /// Adds what another table counted.
    pub(crate) fn merge(&mut self, other: &Counts) {
        for (word, count) in other.words.lines().zip(&other.counts) {
            self.add(word, *count);
        }
    }

    /// Empties the table into its small form.
    pub(crate) fn drain(&mut self) -> Counts {
        let mut counts = Counts::default();
        for (word, count) in self.counts.drain() {
            counts.words.push_str(&word);
            counts.words.push('\n');
            counts.counts.push(count);
        }
        counts
    }

    /// The `top` words (all without it), most frequent first, ties by word.
    pub(crate) fn ranking(self, top: Option<usize>) -> Vec<(Box<str>, u64)> {
        let order = |a: &(Box<str>, u64), b: &(Box<str>, u64)| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0));
        let mut words: Vec<_> = self.counts.into_iter().collect();
        if let Some(top) = top.filter(|top| *top < words.len()) {
            words.select_nth_unstable_by(top, order);
            words.truncate(top);
        }
        words.sort_unstable_by(order);
        words
    }

    /// Counts the word around or after `start` that is not all ASCII; returns where it ends.
    #[cold]
    #[inline(never)]
    fn count_foreign(&mut self, text: &str, start: usize) -> usize {
        let rest = &text[start..];
        let length = rest.find(|char: char| !char.is_alphanumeric()).unwrap_or(rest.len());
        if length == 0 {
            return start + rest.chars().next().map_or(1, char::len_utf8);
        }
        self.add(&rest[..length].to_lowercase(), 1);
        start + length
    }

    fn add_lowered(&mut self, word: &str, lower: impl FnOnce(&mut str)) {
        let mut lowered = std::mem::take(&mut self.lowered);
        lowered.clear();
        lowered.push_str(word);
        lower(&mut lowered);
        self.add(&lowered, 1);
        self.lowered = lowered;
    }

    fn add(&mut self, word: &str, count: u64) {
        match self.counts.get_mut(word) {
            Some(sum) => *sum += count,
            None => drop(self.counts.insert(word.into(), count)),
        }
    }
}

/// The first place at or after `at` where the text may be cut: between two characters, and in no word that began
/// before. `None` if `bytes` ends too early to tell; where the text itself ends there, say `whole`.
///
/// Bytes from four before `at` on must be there (or from the start of the text, if that is nearer).
pub(crate) fn boundary(bytes: &[u8], at: usize, whole: bool) -> Option<usize> {
    // A character has at most three continuation bytes: whatever is no continuation byte begins something.
    let lead = (at.saturating_sub(4)..at).find(|&place| bytes[place] & 0xC0 != 0x80);
    let mut place = lead.unwrap_or(at);
    let mut in_word = false;
    while place < at || in_word {
        let rest = &bytes[place..];
        if rest.len() < 4 && !whole {
            return None;
        }
        let Some(chunk) = rest[..rest.len().min(4)].utf8_chunks().next() else { break };
        let first = chunk.valid().chars().next();
        in_word = first.is_some_and(char::is_alphanumeric);
        if place >= at && !in_word {
            break;
        }
        place += first.map_or(chunk.invalid().len(), char::len_utf8);
    }
    Some(place)
}

const WORD: u8 = 1;
const UPPER: u8 = 2;
const FOREIGN: u8 = 4;

/// What a byte of UTF-8 text is.
const CLASS: [u8; 256] = {
    let mut class = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        class[byte] = match byte as u8 {
            b'A'..=b'Z' => UPPER,
            b'a'..=b'z' | b'0'..=b'9' => WORD,
            0x80.. => FOREIGN,
            _ => 0,
        };
        byte += 1;
    }
    class
};

/// A quick hash for short text: eight bytes at a time, folded by one multiplication each. Not for hostile keys.
#[derive(Debug, Default)]
pub(crate) struct WordHasher(u64);

impl WordHasher {
    fn fold(&mut self, word: u64) {
        let product = u128::from(self.0 ^ word ^ 0x9E37_79B9_7F4A_7C15) * 0xD6E8_FEB8_6659_FD93;
        self.0 = (product as u64) ^ ((product >> 64) as u64);
    }
}

impl Hasher for WordHasher {
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.fold(u64::from_le_bytes(*word));
        }
        let last = rest.iter().fold(0, |last, byte| last << 8 | u64::from(*byte));
        self.fold(last | (rest.len() as u64) << 56);
    }

    fn write_u8(&mut self, _end_of_text: u8) {}

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranking(text: &[u8]) -> (Vec<(String, u64)>, u64) {
        let mut table = Table::default();
        let invalid = table.count(text);
        (table.ranking(None).into_iter().map(|(word, count)| (word.into(), count)).collect(), invalid)
    }

    fn words(text: &str) -> String {
        let (words, _) = ranking(text.as_bytes());
        words.iter().map(|(word, count)| format!("{count} {word}\n")).collect()
    }

    #[test]
    fn the_most_frequent_come_first_and_ties_in_order() {
        assert_eq!(words("b a c, B-b\nA 1 1 d2"), "3 b\n2 1\n2 a\n1 c\n1 d2\n");
    }

    #[test]
    fn nothing_has_no_words() {
        assert_eq!(words(""), "");
        assert_eq!(words(" .,\n"), "");
    }

    #[test]
    fn foreign_letters_belong_to_words() {
        assert_eq!(words("Ärger ärger naïve…naïve “Über”"), "2 naïve\n2 ärger\n1 über\n");
        assert_eq!(words("ΟΔΟΣ Straße İ 中文 ٣"), "1 i\u{307}\n1 straße\n1 οδος\n1 ٣\n1 中文\n");
        assert_eq!(words("aé éa Éa e\u{301}"), "2 éa\n1 aé\n1 e\n");
    }

    #[test]
    fn invalid_bytes_separate_and_are_counted() {
        let one = |word: &str| (word.to_owned(), 1);
        assert_eq!(ranking(b"a\xFFb\xE2\x82c"), (vec![one("a"), one("b"), one("c")], 2));
        assert_eq!(ranking(b"\x80\x80x\xF0\x9F"), (vec![one("x")], 3));
    }

    #[test]
    fn only_the_top_is_kept() {
        let mut table = Table::default();
        table.count_text("a b b c c c");
        let top: Vec<_> = table.ranking(Some(2)).into_iter().map(|(word, _)| word.into_string()).collect();
        assert_eq!(top, ["c", "b"]);
    }

    #[test]
    fn what_travels_is_what_was_counted() {
        let (mut one, mut two) = (Table::default(), Table::default());
        one.count_text("a b a");
        two.count_text("b c");
        let counts = one.drain();
        assert_eq!(one.drain(), Counts::default());
        two.merge(&counts);
        assert_eq!(two.ranking(None), [("a".into(), 2), ("b".into(), 2), ("c".into(), 1)]);
    }

    /// Wherever a text is cut, its parts hold the words and the invalid sequences of the whole.
    #[test]
    fn cuts_change_nothing() {
        let texts: [&[u8]; 6] = [
            "ab, cdé 中文字x 𝕏y🎉z aİb".as_bytes(),
            b"a\xFFbc\xE2\x82\xACd\xE2\x82 e\x80\x80\x80\x80\x80f\xF0\x9F\x8Eg\xC3",
            b"\x80\x80\xBFabc",
            "ééééééééééé".as_bytes(),
            b"x",
            b"",
        ];
        for text in texts {
            let whole = ranking(text);
            for size in 1..=text.len() + 1 {
                let (mut table, mut invalid) = (Table::default(), 0);
                let mut start = 0;
                while start < text.len() {
                    let end = (start + size).min(text.len());
                    let from = boundary(text, start, true).unwrap();
                    let to = boundary(text, end, true).unwrap();
                    invalid += table.count(&text[from..to]);
                    start = end;
                }
                let parts: Vec<_> = table.ranking(None).into_iter().map(|(word, n)| (word.into_string(), n)).collect();
                assert_eq!((parts, invalid), whole, "{text:?} cut every {size}");
            }
        }
    }

    #[test]
    fn a_cut_is_only_told_where_it_is_seen() {
        assert_eq!(boundary(b"abcdef", 2, false), None);
        assert_eq!(boundary(b"abcdef", 2, true), Some(6));
        assert_eq!(boundary(b"abc def ", 2, false), Some(3));
        assert_eq!(boundary(b" abc", 1, false), Some(1));
    }
}
