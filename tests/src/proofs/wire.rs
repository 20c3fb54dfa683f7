//! One connection to the server, by hand: what was not answered is sent again as the very same bytes.

use std::{
    io::{self, Read, Write},
    net::TcpStream,
    time::Duration,
};

/// No answer takes longer, but for a server that hangs.
const ANSWER_WITHIN: Duration = Duration::from_mins(1);

/// An answer that came whole.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    /// In small letters.
    head: String,
    pub body: Vec<u8>,
}

impl Answer {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|it| it.strip_prefix(name)?.strip_prefix(": ")).map(str::trim)
    }

    /// The code of a problem.
    pub fn code(&self) -> Option<domain::problem::Code> {
        serde_json::from_slice::<domain::problem::Problem>(&self.body).ok().map(|it| it.code)
    }
}

/// A connection that is kept until it breaks.
pub struct Wire {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Wire {
    /// Connects to a port of this machine.
    ///
    /// # Errors
    ///
    /// When nobody is there.
    pub fn open(port: u16) -> io::Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(ANSWER_WITHIN))?;
        Ok(Self { stream, buffer: Vec::new() })
    }

    /// Sends a request and reads its answer.
    ///
    /// # Errors
    ///
    /// When the line breaks before the answer is whole.
    pub fn ask(&mut self, request: &[u8]) -> io::Result<Answer> {
        let sent = self.stream.write_all(request);
        self.buffer.clear();
        let mut piece = [0; 1 << 14];
        loop {
            // A server that refuses what is still being sent may have answered all the same.
            let n = self.stream.read(&mut piece)?;
            if n == 0 {
                sent?;
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.buffer.extend_from_slice(&piece[..n]);
            if let Some(answer) = whole(&self.buffer, request.starts_with(b"HEAD "))? {
                return Ok(answer);
            }
        }
    }
}

fn whole(buffer: &[u8], bodiless: bool) -> io::Result<Option<Answer>> {
    let Some(end) = buffer.windows(4).position(|it| it == b"\r\n\r\n") else { return Ok(None) };
    let invalid = || io::Error::from(io::ErrorKind::InvalidData);
    let head = String::from_utf8_lossy(&buffer[..end]).to_ascii_lowercase();
    let status = head.split(' ').nth(1).and_then(|it| it.parse().ok()).ok_or_else(invalid)?;
    let mut answer = Answer { status, head, body: Vec::new() };
    let rest = &buffer[end + 4..];
    if bodiless || status == 204 || status == 304 {
        return Ok(Some(answer));
    }
    answer.body = if answer.header("transfer-encoding") == Some("chunked") {
        let Some(body) = unchunked(rest) else { return Ok(None) };
        body
    } else {
        let length: usize =
            answer.header("content-length").and_then(|it| it.parse().ok()).ok_or_else(invalid)?;
        let Some(body) = rest.get(..length) else { return Ok(None) };
        body.to_vec()
    };
    Ok(Some(answer))
}

/// A body that came in chunks, once its end is here.
fn unchunked(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line = rest.windows(2).position(|it| it == b"\r\n")?;
        let length = usize::from_str_radix(std::str::from_utf8(&rest[..line]).ok()?, 16).ok()?;
        let piece = rest.get(line + 2..line + 2 + length)?;
        body.extend_from_slice(piece);
        rest = rest.get(line + 2 + length + 2..)?;
        if length == 0 {
            return Some(body);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_counts_only_when_it_is_whole() {
        let text = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc";
        assert!((0..text.len()).all(|n| whole(&text[..n], false).unwrap().is_none()));
        assert_eq!(whole(text, false).unwrap().unwrap().body, b"abc");
        let text = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
        assert!((0..text.len()).all(|n| whole(&text[..n], false).unwrap().is_none()));
        assert_eq!(whole(text, false).unwrap().unwrap().body, b"abc");
    }
}
