use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use super::*;
use crate::gate::{Gate, enter_blocking, enter_or_announce};
use crate::instance::NamedInstance;
use crate::registry::FunctionRef;

fn bulkhead(config: &BulkheadConfig) -> Bulkhead {
    Bulkhead::with_config(StateName::Text("bulkhead".into()), config)
}

/// The number of calls of four threads that were admitted, and the most that were in progress.
fn hammer(bulkhead: &Bulkhead, waits: bool, disturb: impl Fn(u32)) -> (u32, u32) {
    let [over, admitted, running, most] = [const { AtomicU32::new(0) }; 4];
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..5_000 {
                    let entered = if waits {
                        enter_blocking(bulkhead, FunctionRef::UNNAMED).map_err(Error::from)
                    } else {
                        enter_or_announce(bulkhead)
                    };
                    if let Ok(permit) = entered {
                        most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                        admitted.fetch_add(1, Ordering::Relaxed);
                        std::hint::spin_loop();
                        running.fetch_sub(1, Ordering::SeqCst);
                        drop(permit);
                    }
                }
                over.fetch_add(1, Ordering::Relaxed);
            });
        }
        for turn in 0.. {
            disturb(turn);
            if over.load(Ordering::Relaxed) == 4 {
                break;
            }
        }
    });
    (admitted.into_inner(), most.into_inner())
}

#[test]
fn threads_that_are_disturbed_never_exceed_the_limit_and_lose_no_place() {
    let (two, three) = (BulkheadConfig::DEFAULT.max(2), BulkheadConfig::DEFAULT.max(3));
    for waits in [false, true] {
        let queue = u32::from(waits) * 4;
        let (two, three) = (two.queue(queue), three.queue(queue));
        let bulkhead = bulkhead(&three);
        let (admitted, most) = hammer(&bulkhead, waits, |turn| match turn % 3 {
            0 => drop(bulkhead.snapshot()),
            1 => bulkhead.reconfigure(&two),
            _ => bulkhead.reconfigure(&three),
        });
        let seen = bulkhead.snapshot();
        assert!(most <= 3, "{most} at once");
        assert_eq!((seen.in_flight, seen.waiting), (0, 0));
        assert_eq!(u64::from(admitted) + seen.rejected, 20_000, "every call is admitted or rejected");
        assert!(!waits || admitted == 20_000, "there is room for all in the queue");
    }
}

#[test]
fn a_limit_holds_while_nobody_takes_the_lock() {
    for max in [1, 3, 100] {
        let bulkhead = bulkhead(&BulkheadConfig::DEFAULT.max(max));
        let (_, most) = hammer(&bulkhead, false, |_| thread::yield_now());
        assert!(most <= max, "{most} at once");
        assert_eq!(bulkhead.snapshot().in_flight, 0);
    }
}

#[test]
fn calls_enter_leave_and_are_rejected_without_the_lock() {
    let bulkhead = bulkhead(&BulkheadConfig::DEFAULT.max(1));
    drop(bulkhead.try_enter());
    let held = lock(&bulkhead.inside);
    let permit = bulkhead.try_enter();
    assert!(permit.is_ok() && enter_or_announce(&bulkhead).is_err());
    drop(permit);
    assert!(bulkhead.try_enter().is_ok());
    drop(held);
    let seen = bulkhead.snapshot();
    assert_eq!((seen.in_flight, seen.rejected), (0, 1));
}

#[test]
fn the_largest_limit_is_kept_by_the_machine() {
    let bulkhead = bulkhead(&BulkheadConfig::DEFAULT.max(u32::MAX).queue(1));
    let permits = [bulkhead.try_enter(), bulkhead.try_enter()];
    assert_eq!(bulkhead.snapshot().in_flight, 2);
    drop(permits);
    assert_eq!(bulkhead.snapshot().in_flight, 0);
}
