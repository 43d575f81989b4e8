use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::response::sse::{Event, Sse};
use futures_core::Stream;
use tokio::time::{Interval, MissedTickBehavior, interval};

use super::page_state::PageState;
use crate::shutdown::shutdown_begun;

/// The time between two frames.
const PERIOD: Duration = Duration::from_millis(500);

/// Sends a frame at once, and then one per period. Ends when the page is closed, and with a last frame when the process
/// shuts down: an open page would keep a server that waits for its connections.
struct Frames {
    ticks: Interval,
    /// `None` after the last frame.
    shutdown: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

impl Stream for Frames {
    type Item = Result<Event, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(shutdown) = &mut self.shutdown else { return Poll::Ready(None) };
        if shutdown.as_mut().poll(cx).is_ready() {
            self.shutdown = None;
        } else {
            ready!(self.ticks.poll_tick(cx));
        }
        // JSON can express every value of a frame.
        Poll::Ready(Event::default().json_data(PageState::now()).ok().map(Ok))
    }
}

pub(super) async fn events() -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let mut ticks = interval(PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    Sse::new(Frames { ticks, shutdown: Some(Box::pin(shutdown_begun())) })
}
