//! The answers of the server.

use std::time::Duration;

use hyper::StatusCode;
use hyper::body::Bytes;
use hyper::header::{HeaderName, HeaderValue};

/// The answer of the server to a request.
#[derive(Debug, Clone)]
pub struct HttpAnswer {
    pub(super) delay: Duration,
    pub(super) status: StatusCode,
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    pub(super) body: Bytes,
    /// The chunks after the body, with the pauses before them.
    pub(super) chunks: Vec<(Duration, Bytes)>,
    pub(super) ending: Ending,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Ending {
    Whole,
    /// Sends this many bytes of the body.
    Cut(usize),
    /// Sends the body and does not end it.
    Stall,
    Reset,
    Hang,
}

impl HttpAnswer {
    const fn new(status: StatusCode, ending: Ending) -> Self {
        Self { delay: Duration::ZERO, status, headers: Vec::new(), body: Bytes::new(), chunks: Vec::new(), ending }
    }

    /// Answers with the status 200 and a body.
    #[must_use]
    pub fn ok(body: impl Into<Vec<u8>>) -> Self {
        Self::new(StatusCode::OK, Ending::Whole).body(body)
    }

    /// Answers with a status and no body.
    ///
    /// # Panics
    ///
    /// Panics if `status` is not a final status, from 200 to 999.
    #[must_use]
    #[track_caller]
    pub fn status(status: u16) -> Self {
        match StatusCode::from_u16(status) {
            Ok(code) if status >= 200 => Self::new(code, Ending::Whole),
            _ => panic!("{status} is not the status of an answer; use a number from 200 to 999, such as 503"),
        }
    }

    /// Resets the connection without an answer.
    #[must_use]
    pub fn reset() -> Self {
        Self::new(StatusCode::OK, Ending::Reset)
    }

    /// Never answers, and keeps the connection open until the client closes it.
    #[must_use]
    pub fn hang() -> Self {
        Self::new(StatusCode::OK, Ending::Hang)
    }

    /// Adds a header.
    ///
    /// # Panics
    ///
    /// Panics if the name or the value is not valid in HTTP.
    #[must_use]
    #[track_caller]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        match (name.parse(), value.parse()) {
            (Ok(name), Ok(value)) => self.headers.push((name, value)),
            _ => panic!("`{name}: {value}` is not a valid HTTP header"),
        }
        self
    }

    /// Replaces the body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = Bytes::from(body.into());
        self
    }

    /// Sends more of the body after a pause, in real time. Several chunks follow each other, as the
    /// tokens of a language model do. The `transfer-encoding` is `chunked`.
    ///
    /// ```
    /// use resilience::testing::HttpAnswer;
    /// use std::time::Duration;
    ///
    /// let pause = Duration::from_millis(20);
    /// let _answer = HttpAnswer::ok("data: Hello\n\n").chunk(pause, "data:  world\n\n").chunk(pause, "data: [DONE]\n\n");
    /// ```
    #[must_use]
    pub fn chunk(mut self, pause: Duration, bytes: impl Into<Vec<u8>>) -> Self {
        self.chunks.push((pause, Bytes::from(bytes.into())));
        self
    }

    /// Delays the answer, in real time.
    #[must_use]
    pub const fn delayed(mut self, time: Duration) -> Self {
        self.delay = self.delay.saturating_add(time);
        self
    }

    /// Closes the connection after this number of bytes of the body. The `content-length` still
    /// announces the whole body, unless there are chunks.
    #[must_use]
    pub const fn cut_after(mut self, bytes: usize) -> Self {
        self.ending = Ending::Cut(bytes);
        self
    }

    /// Sends the body and its chunks, but never ends the answer. The connection stays open until
    /// the client closes it. The `transfer-encoding` is `chunked`.
    #[must_use]
    pub const fn stalled(mut self) -> Self {
        self.ending = Ending::Stall;
        self
    }
}
