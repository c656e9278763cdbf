//! Heads of HTTP/1 requests that two readers could read differently, which is how requests are smuggled past a proxy.
//!
//! hyper reads them leniently where RFC 9112 lets it: a bare LF ends a line (section 2.2), `Transfer-Encoding` overrides `Content-Length` (6.3).
//! Both are safe by themselves, and not behind somebody who reads otherwise: here they are refused. So is a length that is not plainly a
//! number, which hyper passes over where it does not need it. Follows bodies, to know where the next head begins.

/// So much of a line is kept: as long as `content-length: ` and the largest number.
const KEPT: usize = 40;

/// What is to be done with what came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Fine,
    Refused,
}

/// What was read of a connection so far.
#[derive(Debug)]
pub(super) struct Heads {
    at: At,
    /// The beginning of the line that is being read, in small letters.
    line: [u8; KEPT],
    length: usize,
    last: u8,
    /// How many lines of this head were read.
    lines: usize,
    content_length: Option<u64>,
    chunked: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    Head,
    Body(u64),
    /// The line that says how long the next chunk is.
    Size,
    /// So much of a chunk, with the line's end behind it.
    Chunk(u64),
    /// The lines behind the last chunk.
    Trailers,
}

impl Default for Heads {
    fn default() -> Self {
        Self { at: At::Head, line: [0; KEPT], length: 0, last: 0, lines: 0, content_length: None, chunked: false }
    }
}

impl Heads {
    /// Goes on with these bytes.
    pub(super) fn judge(&mut self, mut bytes: &[u8]) -> Verdict {
        while !bytes.is_empty() {
            if let At::Body(left) | At::Chunk(left) = &mut self.at {
                let skip = usize::try_from(*left).unwrap_or(usize::MAX).min(bytes.len());
                *left -= skip as u64;
                if *left == 0 {
                    self.at = if matches!(self.at, At::Chunk(_)) { At::Size } else { At::Head };
                }
                bytes = bytes.get(skip..).unwrap_or_default();
                continue;
            }
            let end = bytes.iter().position(|&byte| byte == b'\n');
            let (line, rest) = bytes.split_at(end.unwrap_or(bytes.len()));
            self.keep(line);
            let Some(rest) = rest.get(1..) else { return Verdict::Fine };
            bytes = rest;
            if self.last != b'\r' {
                return Verdict::Refused;
            }
            let fine = match self.at {
                At::Size => self.end_of_size(),
                At::Trailers => self.end_of_trailer(),
                At::Head | At::Body(_) | At::Chunk(_) => self.end_of_line(),
            };
            (self.length, self.last) = (0, 0);
            if fine.is_none() {
                return Verdict::Refused;
            }
        }
        Verdict::Fine
    }

    /// Whether a head has begun and not ended.
    pub(super) fn has_begun(&self) -> bool {
        self.at == At::Head && (self.lines > 0 || self.length > 0)
    }

    fn keep(&mut self, line: &[u8]) {
        if let Some(&last) = line.last() {
            self.last = last;
        }
        for (place, byte) in self.line.iter_mut().skip(self.length).zip(line) {
            *place = byte.to_ascii_lowercase();
        }
        self.length += line.len();
    }

    /// What was kept of the line, without its CR where all of it was.
    fn kept(&self) -> &[u8] {
        let kept = self.line.get(..self.length.min(KEPT)).unwrap_or_default();
        if self.length <= KEPT { kept.strip_suffix(b"\r").unwrap_or(kept) } else { kept }
    }

    /// A line of a head has ended; nothing where it is refused.
    fn end_of_line(&mut self) -> Option<()> {
        let (line, first) = (self.kept(), self.lines == 0);
        if line.is_empty() {
            // An empty line before a request is passed over: RFC 9112, section 2.2.
            return if first { Some(()) } else { self.end_of_head() };
        }
        if !first {
            // Folded: RFC 9112, section 5.2.
            if line.first().is_some_and(|byte| b" \t".contains(byte)) {
                return None;
            }
            if names(line, b"transfer-encoding")?.is_some() {
                self.chunked = true;
            } else if let Some(value) = names(line, b"content-length")? {
                // Longer than any number, padded or not.
                let length = if self.length > KEPT { None } else { plain_number(value) }?;
                if self.content_length.is_some_and(|known| known != length) {
                    return None;
                }
                self.content_length = Some(length);
            }
        }
        self.lines += 1;
        Some(())
    }

    fn end_of_head(&mut self) -> Option<()> {
        let (chunked, length) = (std::mem::take(&mut self.chunked), self.content_length.take());
        self.lines = 0;
        self.at = match (chunked, length) {
            (true, Some(_)) => return None,
            (true, None) => At::Size,
            (false, Some(length)) if length > 0 => At::Body(length),
            (false, _) => At::Head,
        };
        Some(())
    }

    fn end_of_size(&mut self) -> Option<()> {
        let line = self.kept();
        let digits = line.split(|byte| b"; \t".contains(byte)).next()?;
        // What is longer than what is kept has its extension within that, or is no size.
        let fits = (1..=16).contains(&digits.len()) && digits.iter().all(u8::is_ascii_hexdigit);
        let size = std::str::from_utf8(digits).ok().filter(|_| fits)?;
        let size = u64::from_str_radix(size, 16).ok()?;
        self.at = if size == 0 { At::Trailers } else { At::Chunk(size.checked_add(2)?) };
        Some(())
    }

    fn end_of_trailer(&mut self) -> Option<()> {
        if self.kept().is_empty() {
            self.at = At::Head;
        }
        Some(())
    }
}

/// The value of a header, where the line is of this one; nothing at all where there is a space between it and its colon.
#[expect(clippy::option_option, reason = "refused, another header, or the value of this one")]
fn names<'a>(line: &'a [u8], header: &[u8]) -> Option<Option<&'a [u8]>> {
    let Some(rest) = line.strip_prefix(header) else { return Some(None) };
    match rest.split_first() {
        Some((b':', value)) => Some(Some(value)),
        Some((b' ' | b'\t', _)) | None => None,
        Some(_) => Some(None),
    }
}

/// A number of nothing but digits, with spaces around it.
fn plain_number(value: &[u8]) -> Option<u64> {
    let digits = value.trim_ascii();
    let plain = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(digits).ok().filter(|_| plain)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whole, and byte by byte.
    fn judged(text: &str) -> Verdict {
        let whole = Heads::default().judge(text.as_bytes());
        let mut heads = Heads::default();
        let apart = text.as_bytes().chunks(1).map(|byte| heads.judge(byte)).find(|&it| it == Verdict::Refused);
        assert_eq!(apart.unwrap_or(Verdict::Fine), whole, "{text:?}");
        whole
    }

    #[test]
    fn what_two_could_read_differently_is_refused() {
        for text in [
            "GET / HTTP/1.1\nHost: a\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\n\n",
            "GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n 2\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n\t2\r\n\r\n",
            "POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nCONTENT-LENGTH: 3\r\n\r\n",
            "POST / HTTP/1.1\r\nTransfer-Encoding : chunked\r\nContent-Length: 3\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\nHost: a\r\n\r\n",
            "POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcGET / HTTP/1.1\nHost: a\r\n\r\n",
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 5, 5\r\n\r\n",
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length:                                        5\r\n\r\n",
            "POST / HTTP/1.1\r\nContent-Length: 000000000000000000000000000000003\r\n\r\n",
            "POST / HTTP/1.1\r\nContent-Length: +3\r\n\r\n",
            "POST / HTTP/1.1\r\nContent-Length:\r\n\r\n",
            "POST / HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n",
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n\n\r\n0\r\n\r\nGET / HTTP/1.1\n\r\n",
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\n",
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n11111111111111111\r\n",
        ] {
            assert_eq!(judged(text), Verdict::Refused, "{text:?}");
        }
    }

    #[test]
    fn what_is_plain_is_not() {
        for text in [
            "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
            "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\n\r\n",
            "POST / HTTP/1.1\r\nContent-Length: 6\r\n\r\na\nb\nc\nGET / HTTP/1.1\r\n\r\n",
            "POST / HTTP/1.1\r\ncontent-length: 0\r\n\r\nGET / HTTP/1.1\r\n\r\n",
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n\n\r\nA;x=y\r\n0123456789\r\n0\r\nA: b\r\n\r\nGET / HTTP/1.1\r\n\r\n",
            "GET / HTTP/1.1\r\nTransfer-Encoding-Hint: x\r\nContent-Length: 3\r\n\r\nabcGET / HTTP/1.1\r\n\r\n",
            "GET / HTTP/1.1\r\nContent-Length: 3\r\nContent-Length:  3 \r\n\r\nabc",
            "GET /\u{e9}/a-path-that-is-longer-than-what-is-kept-of-a-line?transfer-encoding HTTP/1.1\r\nA: content-length: 3\r\n\r\n",
        ] {
            assert_eq!(judged(text), Verdict::Fine, "{text:?}");
        }
    }
}
