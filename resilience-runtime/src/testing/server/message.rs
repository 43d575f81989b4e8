//! The message of an answer, which hyper sends.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::Response;
use hyper::body::{Body, Bytes, Frame, SizeHint};
use tokio::time::Sleep;

use super::answer::{Ending, HttpAnswer};

pub(super) fn response(answer: HttpAnswer) -> Response<Message> {
    let HttpAnswer { status, headers, body, chunks, ending, .. } = answer;
    let mut response = Response::new(Message::new(body, chunks, ending));
    *response.status_mut() = status;
    for (name, value) in headers {
        response.headers_mut().append(name, value);
    }
    response
}

#[derive(Debug, thiserror::Error)]
#[error("the connection was closed on purpose")]
pub(super) struct Disconnected;

#[derive(Debug)]
pub(super) struct Message {
    /// The length, unless the message is sent in chunks.
    length: Option<u64>,
    left: VecDeque<(Duration, Bytes)>,
    pause: Option<Pin<Box<Sleep>>>,
    after: After,
}

#[derive(Debug)]
enum After {
    End,
    Stall,
    /// Flushes when the body pauses.
    Flush,
    Close,
}

impl Message {
    fn new(body: Bytes, chunks: Vec<(Duration, Bytes)>, ending: Ending) -> Self {
        let whole = chunks.is_empty() && !matches!(ending, Ending::Stall);
        let length = whole.then(|| u64::try_from(body.len()).unwrap_or(u64::MAX));
        let mut left = VecDeque::from(chunks);
        left.push_front((Duration::ZERO, body));
        let after = match ending {
            Ending::Cut(bytes) => {
                cut(&mut left, bytes);
                After::Flush
            }
            Ending::Stall => After::Stall,
            Ending::Whole | Ending::Reset | Ending::Hang => After::End,
        };
        Self { length, left, pause: None, after }
    }
}

/// Removes all but the first `bytes`.
fn cut(left: &mut VecDeque<(Duration, Bytes)>, mut bytes: usize) {
    for (_, chunk) in left.iter_mut() {
        chunk.truncate(bytes);
        bytes -= chunk.len();
    }
    while left.back().is_some_and(|(_, chunk)| chunk.is_empty()) {
        left.pop_back();
    }
}

impl Body for Message {
    type Data = Bytes;
    type Error = Disconnected;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Disconnected>>> {
        loop {
            if let Some(pause) = &mut self.pause {
                ready!(pause.as_mut().poll(cx));
                self.pause = None;
            }
            let Some((pause, chunk)) = self.left.front_mut() else { break };
            if !pause.is_zero() {
                let sleep = tokio::time::sleep(std::mem::take(pause));
                self.pause = Some(Box::pin(sleep));
                continue;
            }
            let chunk = std::mem::take(chunk);
            self.left.pop_front();
            // An empty chunk would end the message.
            if !chunk.is_empty() {
                return Poll::Ready(Some(Ok(Frame::data(chunk))));
            }
        }
        match self.after {
            After::End => Poll::Ready(None),
            After::Stall => Poll::Pending,
            After::Flush => {
                self.after = After::Close;
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            After::Close => Poll::Ready(Some(Err(Disconnected))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.left.iter().all(|(_, chunk)| chunk.is_empty()) && matches!(self.after, After::End)
    }

    fn size_hint(&self) -> SizeHint {
        self.length.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}
