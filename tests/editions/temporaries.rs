use std::cell::RefCell;
use std::pin::Pin;

thread_local! {
    static DROPPED: RefCell<Vec<&'static str>> = RefCell::default();
}

struct Noted(&'static str);

impl Noted {
    fn number(&self) -> Option<u32> {
        Some(7)
    }
}

impl Drop for Noted {
    fn drop(&mut self) {
        DROPPED.with(|dropped| dropped.borrow_mut().push(self.0));
    }
}

macro_rules! twins {
    ($($plain:ident $annotated:ident { $($function:tt)* })*) => {$(
        mod $plain {
            use super::*;
            pub $($function)*
        }
        mod $annotated {
            use super::*;
            #[resilience::retry(max = 1)]
            pub $($function)*
        }
    )*};
}

twins! {
    plain_sync sync { fn last() -> Option<u32> { let _local = Noted("local"); Noted("temporary").number() } }
    plain_async asynchronous { async fn last() -> Option<u32> { let _local = Noted("local"); Noted("temporary").number() } }
    plain_block block {
        fn last() -> Pin<Box<dyn std::future::Future<Output = Option<u32>>>> {
            Box::pin(async move { let _local = Noted("local"); Noted("temporary").number() })
        }
    }
}

#[resilience::timeout(secs = 1)]
async fn limited() -> Option<u32> {
    let _local = Noted("local");
    Noted("temporary").number()
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let dropped = || DROPPED.with(|dropped| std::mem::take(&mut *dropped.borrow_mut()));
    plain_sync::last();
    let plain = dropped();
    assert_eq!(plain.len(), 2);
    sync::last();
    assert_eq!(dropped(), plain, "synchronous");
    plain_async::last().await;
    assert_eq!(dropped(), plain);
    asynchronous::last().await;
    assert_eq!(dropped(), plain, "asynchronous");
    limited().await;
    assert_eq!(dropped(), plain, "with a limit at the body");
    plain_block::last().await;
    assert_eq!(dropped(), plain);
    block::last().await;
    assert_eq!(dropped(), plain, "in a block of its own");
}
