use std::sync::Barrier;
use std::thread;

use super::*;

fn has_column(count: &Count) -> bool {
    column(count.0.load(Ordering::Relaxed)) != 0
}

fn add(count: &Count, times: u64) {
    (0..times).for_each(|_| count.add_one());
}

#[test]
fn no_event_is_lost_while_threads_come_and_go() {
    const THREADS: usize = 2 * stripe::OWN;
    let count = Count::new();
    // More threads at once than there are stripes.
    let all = Barrier::new(THREADS);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                add(&count, 1_000);
                all.wait();
                add(&count, 1_000);
            });
        }
    });
    // One thread after the other: each continues in the cells of one before.
    for _ in 0..THREADS {
        thread::scope(|scope| _ = scope.spawn(|| add(&count, 100)));
    }
    assert!(has_column(&count));
    assert_eq!(count.get(), THREADS as u64 * 2_100);
}

#[test]
fn a_thread_that_has_many_events_adds_to_its_own_cell() {
    let count = Count::new();
    add(&count, MANY);
    assert!(has_column(&count));
    let in_word = count.0.load(Ordering::Relaxed);
    add(&count, MANY);
    assert_eq!((count.0.load(Ordering::Relaxed), count.get()), (in_word, 2 * MANY));
}

#[test]
fn a_few_events_take_no_column() {
    let count = Count::new();
    add(&count, MANY - 1);
    assert_eq!((has_column(&count), count.get()), (false, MANY - 1));
}

#[test]
fn a_reset_and_a_new_owner_of_the_column_begin_at_zero() {
    let count = Count::new();
    add(&count, 10 * MANY);
    // The cells of other threads count as well.
    thread::scope(|scope| _ = scope.spawn(|| add(&count, 3)));
    assert_eq!(count.get(), 10 * MANY + 3);
    count.reset();
    assert_eq!(count.get(), 0);
    add(&count, 2);
    assert_eq!((count.get(), has_column(&count)), (2, true));
    let column = column(count.0.load(Ordering::Relaxed));
    drop(count);
    // The next count with this column. Others may take it meanwhile.
    let next: Vec<Count> = (0..8).map(|_| Count::new()).collect();
    for count in &next {
        add(count, MANY + 1);
        assert_eq!(count.get(), MANY + 1, "column {column} or another");
    }
}

#[test]
fn counts_beyond_the_columns_are_exact() {
    let counts: Vec<Count> = (0..COLUMNS + 4).map(|_| Count::new()).collect();
    for count in &counts {
        add(count, 2 * MANY + 1);
    }
    assert!(!counts.iter().all(has_column));
    assert!(counts.iter().all(|count| count.get() == 2 * MANY + 1));
}

#[test]
fn a_thread_local_destructor_may_count() {
    static COUNT: Count = Count::new();
    struct Last;
    impl Drop for Last {
        fn drop(&mut self) {
            COUNT.add_one();
        }
    }
    thread_local! {
        static LAST: Last = const { Last };
    }
    add(&COUNT, MANY);
    // Registered before and after the stripe is assigned: the order of destructors is not specified.
    for early in [false, true] {
        let ended = thread::spawn(move || {
            if early {
                LAST.with(|_| ());
            }
            COUNT.add_one();
            LAST.with(|_| ());
        });
        assert!(ended.join().is_ok());
    }
    assert_eq!(COUNT.get(), MANY + 4);
}
