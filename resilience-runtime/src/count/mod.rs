//! Exact counts without contention: most threads add to a cell that only they write.
//!
//! An atomic addition takes 5 ns, waits for the stores before it, and takes the cache line from all
//! other threads that count.

pub mod stripe;

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::sync::lock;

/// A number of events, in one word. One that has become large has a column of [`CELLS`] as well.
#[derive(Debug)]
pub struct Count(AtomicU64);

/// Its column is above it, and 0 means none.
const COLUMN: u32 = 56;
const VALUE: u64 = (1 << COLUMN) - 1;
const COLUMNS: usize = 1 << (u64::BITS - COLUMN);

/// A count asks for a column each time it has grown by this in its word. So a hundred thousand keys that reject
/// a call now and then leave the columns to those that need them.
const MANY: u64 = 64;

/// The cells of one stripe. Processors fetch cache lines in pairs.
#[repr(align(128))]
struct StripeCells([AtomicU64; COLUMNS]);

/// Memory that the system provides once it is written: 2 KiB for each thread that counts.
static CELLS: [StripeCells; stripe::OWN] = [const { StripeCells([const { AtomicU64::new(0) }; COLUMNS]) }; stripe::OWN];

/// The part of the cells of a column that is not of its present count. Only the owner of a stripe writes its cells, so
/// nobody else can set them to zero.
static FORMER: [AtomicU64; COLUMNS] = [const { AtomicU64::new(0) }; COLUMNS];

static COLUMNS_LEFT: Mutex<Columns> = Mutex::new(Columns { returned: Vec::new(), next: 1 });

struct Columns {
    returned: Vec<usize>,
    next: usize,
}

impl Columns {
    fn take(&mut self) -> Option<usize> {
        self.returned.pop().or_else(|| {
            let next = (self.next < COLUMNS).then_some(self.next)?;
            self.next += 1;
            Some(next)
        })
    }
}

impl Count {
    pub const fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    #[inline]
    pub fn add_one(&self) {
        if !self.add_one_to_cell() {
            self.add_to_word();
        }
    }

    /// Returns false, and has added nothing, if this thread has no cell for it.
    #[inline]
    #[must_use]
    pub fn add_one_to_cell(&self) -> bool {
        // A column is published after what its cells held before.
        let column = column(self.0.load(Ordering::Acquire));
        match CELLS.get(stripe::current()) {
            Some(StripeCells(own)) if column != 0 => {
                let cell = &own[column];
                cell.store(cell.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
                true
            }
            _ => false,
        }
    }

    #[cold]
    #[inline(never)]
    fn add_to_word(&self) {
        stripe::assigned();
        let before = self.0.fetch_add(1, Ordering::Relaxed);
        if column(before) == 0 && before % MANY == MANY - 1 {
            let mut left = lock(&COLUMNS_LEFT);
            if column(self.0.load(Ordering::Relaxed)) == 0 {
                let column = left.take().unwrap_or(0) as u64;
                self.0.fetch_or(column << COLUMN, Ordering::Release);
            }
        }
    }

    pub fn get(&self) -> u64 {
        let word = self.0.load(Ordering::Acquire);
        let in_cells = match column(word) {
            0 => 0,
            column => in_cells(column).wrapping_sub(FORMER[column].load(Ordering::Relaxed)),
        };
        (word & VALUE).wrapping_add(in_cells)
    }

    /// Sets it to zero. An event that is counted meanwhile may belong to either side.
    pub fn reset(&self) {
        let _left = lock(&COLUMNS_LEFT);
        let column = column(self.0.fetch_and(!VALUE, Ordering::Relaxed));
        if column != 0 {
            FORMER[column].store(in_cells(column), Ordering::Relaxed);
        }
    }
}

impl Drop for Count {
    fn drop(&mut self) {
        let column = column(*self.0.get_mut());
        if column != 0 {
            let mut left = lock(&COLUMNS_LEFT);
            FORMER[column].store(in_cells(column), Ordering::Relaxed);
            left.returned.push(column);
        }
    }
}

const fn column(word: u64) -> usize {
    (word >> COLUMN) as usize
}

fn in_cells(column: usize) -> u64 {
    CELLS.iter().fold(0, |sum: u64, StripeCells(cells)| sum.wrapping_add(cells[column].load(Ordering::Relaxed)))
}

#[cfg(test)]
mod tests;
