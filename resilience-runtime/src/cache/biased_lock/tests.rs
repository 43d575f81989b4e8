use std::sync::Barrier;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc;
use std::thread;

use super::*;

fn read_by_turns<T: Copy>(lock: &BiasedLock<T>, times: usize) {
    for turn in 0..times {
        lock.read(turn % 2, |value| *value);
    }
}

fn is_biased<T>(lock: &BiasedLock<T>) -> [bool; PARTS] {
    let parts = lock.parts.get();
    std::array::from_fn(|number| parts.is_some_and(|parts| read(&parts[number].0).is_some()))
}

fn biased_to(threads: &[usize]) -> [bool; PARTS] {
    std::array::from_fn(|number| threads.contains(&number))
}

#[test]
fn one_reader_gets_no_part() {
    let lock = BiasedLock::new('a');
    for _ in 0..10 * TURNS {
        lock.read(3, |_| ());
    }
    assert!(lock.parts.get().is_none());
    assert!(lock.place.read().is_ok_and(|place| place.alone.is_some()));
}

#[test]
fn readers_that_take_turns_get_parts() {
    let lock = BiasedLock::new('a');
    read_by_turns(&lock, TURNS - 1);
    assert_eq!(is_biased(&lock), biased_to(&[]));
    read_by_turns(&lock, 4);
    assert_eq!(is_biased(&lock), biased_to(&[0, 1]));
    lock.read(usize::MAX, |_| ());
    assert_eq!(is_biased(&lock), biased_to(&[0, 1, PARTS - 1]), "the next one has to wait too");
}

#[test]
fn a_writer_takes_the_parts_back_and_their_readers_see_what_it_wrote() {
    let lock = BiasedLock::new('a');
    read_by_turns(&lock, 2 * TURNS);
    assert_eq!(is_biased(&lock), biased_to(&[0, 1]));
    *lock.write() = 'b';
    assert_eq!(is_biased(&lock), biased_to(&[]));
    assert_eq!((0..9).map(|thread| lock.read(thread, |value| *value)).collect::<String>(), "bbbbbbbbb");
    *lock.write() = 'c';
    // By turns again, as often as before: the writer may write more often than they read.
    read_by_turns(&lock, TURNS - 1);
    assert_eq!(is_biased(&lock), biased_to(&[]));
    read_by_turns(&lock, 3);
    assert_eq!(is_biased(&lock), biased_to(&[0, 1]));
    assert_eq!(lock.read(0, |value| *value), 'c');
}

#[test]
fn readers_of_a_biased_lock_write_to_nothing_in_common() {
    let lock = BiasedLock::new('a');
    read_by_turns(&lock, 2 * TURNS);
    let last = lock.last_reader.load(Ordering::Relaxed);
    // With the value locked for writing, only a reader with a part gets on.
    let _locked = lock.place.write();
    assert_eq!((lock.read(0, |value| *value), lock.read(1, |value| *value)), ('a', 'a'));
    assert_eq!(lock.last_reader.load(Ordering::Relaxed), last, "they are not noted");
}

#[test]
fn a_writer_waits_for_the_reader_of_a_part() {
    let lock = BiasedLock::new('a');
    read_by_turns(&lock, 2 * TURNS);
    let (is_written, began) = (AtomicBool::new(false), Barrier::new(2));
    thread::scope(|scope| {
        scope.spawn(|| {
            lock.read(0, |_| {
                began.wait();
                // Time for a writer that does not wait.
                (0..100).for_each(|_| thread::yield_now());
                assert!(!is_written.load(Ordering::SeqCst));
            });
        });
        began.wait();
        let mut value = lock.write();
        is_written.store(true, Ordering::SeqCst);
        *value = 'b';
    });
    assert_eq!(lock.read(0, |value| *value), 'b');
}

/// A value in two halves, which a reader never sees apart.
#[test]
fn nobody_reads_while_another_writes() {
    let lock = BiasedLock::new((0_u64, 0_u64));
    let (done, seen) = (AtomicBool::new(false), mpsc::channel());
    thread::scope(|scope| {
        for thread in 0..4 {
            let (lock, done, seen) = (&lock, &done, seen.0.clone());
            scope.spawn(move || {
                let mut last = 0;
                while !done.load(Ordering::Relaxed) {
                    let (one, other) = lock.read(thread, |&(one, other)| (one, other));
                    if one != other || one < last {
                        seen.send((last, one, other)).ok();
                    }
                    last = one;
                }
            });
        }
        let writers: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| {
                    for _ in 0..200 {
                        let mut value = lock.write();
                        value.0 += 1;
                        thread::yield_now();
                        value.1 += 1;
                        drop(value);
                        // Time for readers to get their parts.
                        thread::yield_now();
                    }
                })
            })
            .collect();
        for writer in writers {
            assert!(writer.join().is_ok());
        }
        done.store(true, Ordering::Relaxed);
    });
    drop(seen.0);
    assert_eq!(seen.1.iter().collect::<Vec<_>>(), []);
    assert_eq!(lock.read(0, |value| *value), (400, 400));
}

#[test]
fn a_panic_of_a_reader_or_a_writer_changes_nothing() {
    let lock = BiasedLock::new('a');
    for _ in 0..2 {
        read_by_turns(&lock, 2 * TURNS);
        assert_eq!(is_biased(&lock), biased_to(&[0, 1]), "also once it is poisoned");
        for thread in [0, 5] {
            let panicked = thread::scope(|scope| scope.spawn(|| lock.read(thread, |_| panic!("a reader"))).join());
            assert!(panicked.is_err());
        }
        let panicked = thread::scope(|scope| {
            let writer = || {
                let _locked = lock.write();
                panic!("a writer");
            };
            scope.spawn(writer).join().is_err()
        });
        assert!(panicked);
        *lock.write() = 'b';
    }
    assert_eq!(lock.read(0, |value| *value), 'b');
}
