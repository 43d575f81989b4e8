use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use pin_project_lite::pin_project;

use super::time_left;
use crate::time::{SkippedTime, nanos, skipped_time};

pin_project! {
    /// An asynchronous sleep, which a test can skip.
    #[derive(Debug)]
    #[project = SleepProjection]
    pub enum Sleep {
        Real {
            #[pin]
            sleep: tokio::time::Sleep,
        },
        Skipped {
            skipped: SkippedTime,
            until: u64,
            stage: SkipStage,
        },
    }
}

#[derive(Debug, Clone, Copy)]
pub enum SkipStage {
    New,
    /// Other tasks have had their turn.
    Yielded,
    /// A limit around it has had its chance to end it.
    Late,
}

pub fn sleep(wait: Duration) -> Sleep {
    match skipped_time() {
        None => Sleep::Real { sleep: tokio::time::sleep(wait) },
        Some(skipped) => {
            let until = skipped.get().saturating_add(nanos(wait));
            Sleep::Skipped { skipped, until, stage: SkipStage::New }
        }
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        match self.project() {
            SleepProjection::Real { sleep } => {
                ready!(sleep.poll(cx));
                Poll::Ready(())
            }
            SleepProjection::Skipped { skipped, until, stage } => {
                let next = match stage {
                    SkipStage::New => Some(SkipStage::Yielded),
                    SkipStage::Yielded => {
                        let left = time_left().map_or(u64::MAX, nanos);
                        let deadline = skipped.get().saturating_add(left);
                        (deadline <= *until).then(|| {
                            skipped.advance_to(deadline);
                            SkipStage::Late
                        })
                    }
                    SkipStage::Late => None,
                };
                let Some(next) = next else {
                    skipped.advance_to(*until);
                    return Poll::Ready(());
                };
                *stage = next;
                cx.waker().wake_by_ref();
                Poll::Pending
            }
        }
    }
}
