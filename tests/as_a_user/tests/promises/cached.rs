use resilience::cached;

use crate::{Counter, Failure, Watch, millis};

/// BUG-D7.
#[sync_and_async::test(real_time)]
async fn an_entry_is_kept_for_its_ttl_and_no_longer() {
    #[cached(ttl = "300ms", skip(loads))]
    async fn short(loads: &Counter) -> u32 {
        loads.up()
    }

    // Far enough away for the coarse clock to decide, at first.
    #[cached(ttl = "1500ms", skip(loads))]
    async fn long(loads: &Counter) -> u32 {
        loads.up()
    }

    let (watch, loads, long_loads) = (Watch::start(), Counter::new(), Counter::new());
    assert_eq!((short(&loads).await, long(&long_loads).await), (1, 1));
    while short(&loads).await == 1 {
        watch.assert_soon();
        sleep(millis(10)).await;
    }
    watch.assert_passed(millis(300));
    while long(&long_loads).await == 1 {
        watch.assert_soon();
        sleep(millis(10)).await;
    }
    watch.assert_passed(millis(1500));
}

#[sync_and_async::test(real_time)]
async fn an_entry_is_used_while_it_lives() {
    #[cached(ttl = 3600, skip(loads))]
    async fn ask(key: u32, loads: &Counter) -> u32 {
        key + loads.up()
    }

    let loads = Counter::new();
    assert_eq!((ask(10, &loads).await, ask(20, &loads).await), (11, 22));
    assert_eq!((ask(10, &loads).await, ask(20, &loads).await), (11, 22));
}

#[sync_and_async::test(real_time)]
async fn a_jittered_ttl_ends_within_its_bounds() {
    #[cached(ttl = "400ms", ttl_jitter = 0.5, skip(loads))]
    async fn ask(loads: &Counter) -> u32 {
        loads.up()
    }

    let (watch, loads) = (Watch::start(), Counter::new());
    assert_eq!(ask(&loads).await, 1);
    while ask(&loads).await == 1 {
        watch.assert_soon();
        sleep(millis(10)).await;
    }
    watch.assert_passed(millis(200));
}

#[sync_and_async::test(real_time)]
async fn a_missing_row_is_remembered_for_negative_ttl() {
    #[cached(ttl = 3600, negative_ttl = "200ms", when = |_| true, skip(loads))]
    async fn row(loads: &Counter) -> Option<u32> {
        let load = loads.up();
        (load > 1).then_some(load)
    }

    let (watch, loads) = (Watch::start(), Counter::new());
    while row(&loads).await.is_none() {
        watch.assert_soon();
        sleep(millis(10)).await;
    }
    watch.assert_passed(millis(200));
}

#[sync_and_async::test(real_time)]
async fn an_old_value_bridges_an_outage_within_its_window() {
    #[cached(ttl = "100ms", stale_if_error = "300ms", skip(loads))]
    async fn ask(loads: &Counter) -> Result<u32, Failure> {
        if loads.up() == 1 { Ok(1) } else { Err(Failure::Down) }
    }

    let (watch, loads) = (Watch::start(), Counter::new());
    while ask(&loads).await == Ok(1) {
        watch.assert_soon();
        sleep(millis(10)).await;
    }
    watch.assert_passed(millis(400));
}
