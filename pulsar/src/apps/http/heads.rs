//! Heads of HTTP/1 requests that two readers could read differently, which is how requests are smuggled past a proxy.
//!
//! hyper reads them leniently where RFC 9112 lets it: a bare LF ends a line (section 2.2), `Transfer-Encoding` overrides `Content-Length` (6.3).
//! Both are safe by themselves, and not behind somebody who reads otherwise: here they are refused. Knows where one request ends and the next begins
//! as long as bodies have a length; after a chunked one nothing more is judged on that connection.

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

#[derive(Debug)]
enum At {
    Head,
    Body(u64),
    /// Bytes of which nothing is known.
    Beyond,
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
            match &mut self.at {
                At::Beyond => return Verdict::Fine,
                At::Body(left) => {
                    let skip = usize::try_from(*left).unwrap_or(usize::MAX).min(bytes.len());
                    *left -= skip as u64;
                    if *left == 0 {
                        self.at = At::Head;
                    }
                    bytes = bytes.get(skip..).unwrap_or_default();
                }
                At::Head => {
                    let end = bytes.iter().position(|&byte| byte == b'\n');
                    let (line, rest) = bytes.split_at(end.unwrap_or(bytes.len()));
                    self.keep(line);
                    let Some(rest) = rest.get(1..) else { return Verdict::Fine };
                    bytes = rest;
                    if self.last != b'\r' || self.end_of_line() == Verdict::Refused {
                        return Verdict::Refused;
                    }
                }
            }
        }
        Verdict::Fine
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

    fn end_of_line(&mut self) -> Verdict {
        let line = self.line.get(..self.length.min(KEPT)).unwrap_or_default();
        let first = self.lines == 0;
        let empty = line == b"\r";
        // Folded: RFC 9112, section 5.2.
        if !first && !empty && line.first().is_some_and(|byte| b" \t".contains(byte)) {
            return Verdict::Refused;
        }
        if !first && line.starts_with(b"transfer-encoding") {
            self.chunked = true;
        }
        if let Some(value) = line.strip_prefix(b"content-length:").filter(|_| !first) {
            let value = std::str::from_utf8(value).ok().and_then(|value| value.trim().parse().ok());
            // hyper refuses what is no number, and numbers that differ.
            let Some(value) = value else { return self.beyond() };
            self.content_length = Some(value);
        }
        (self.length, self.last) = (0, 0);
        // An empty line before a request is passed over: RFC 9112, section 2.2.
        if !empty {
            self.lines += 1;
            return Verdict::Fine;
        }
        if first {
            return Verdict::Fine;
        }
        if self.chunked {
            if self.content_length.is_some() {
                return Verdict::Refused;
            }
            return self.beyond();
        }
        self.lines = 0;
        if let Some(length) = self.content_length.take().filter(|&length| length > 0) {
            self.at = At::Body(length);
        }
        Verdict::Fine
    }

    fn beyond(&mut self) -> Verdict {
        self.at = At::Beyond;
        Verdict::Fine
    }
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
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n\n\r\n0\r\n\r\n",
            "GET /\u{e9}/a-path-that-is-longer-than-what-is-kept-of-a-line?transfer-encoding HTTP/1.1\r\nA: content-length: 3\r\n\r\n",
        ] {
            assert_eq!(judged(text), Verdict::Fine, "{text:?}");
        }
    }
}
