//! Rows that run in turns, and the medians of their rounds.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

const ROUNDS: usize = 5;
const TIME: Duration = Duration::from_millis(330);
pub const TASKS: [usize; 2] = [1, 32];

type Call = dyn Fn() -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync;

pub struct Row {
    name: &'static str,
    call: Arc<Call>,
}

impl Row {
    pub fn new<F: Future<Output = ()> + Send + 'static>(
        name: &'static str,
        call: impl Fn() -> F + Send + Sync + 'static,
    ) -> Self {
        Self { name, call: Arc::new(move || Box::pin(call())) }
    }
}

/// Medians over the rounds, for each number of tasks.
pub struct Figures {
    pub name: &'static str,
    pub of_tasks: Vec<Figure>,
}

#[derive(Debug, Clone, Copy, Default)]
pub struct Figure {
    pub calls_a_second: f64,
    /// Over that of the first row in the same round.
    pub ratio: f64,
    pub p50: Duration,
    pub p99: Duration,
}

pub async fn rounds(rows: &[Row]) -> Vec<Figures> {
    let mut found = vec![vec![Vec::with_capacity(ROUNDS); TASKS.len()]; rows.len()];
    for _ in 0..ROUNDS {
        for (index, tasks) in TASKS.into_iter().enumerate() {
            let mut first = 0.0;
            for (row, found) in rows.iter().zip(&mut found) {
                let figure = run(row, tasks).await;
                if first == 0.0 {
                    first = figure.calls_a_second;
                }
                found[index].push(Figure { ratio: figure.calls_a_second / first, ..figure });
            }
        }
    }
    let figures = |(row, found): (&Row, Vec<Vec<Figure>>)| Figures {
        name: row.name,
        of_tasks: found.iter().map(|rounds| medians(rounds)).collect(),
    };
    rows.iter().zip(found).map(figures).collect()
}

async fn run(row: &Row, tasks: usize) -> Figure {
    let started = Instant::now();
    let workers: Vec<_> = (0..tasks)
        .map(|_| {
            let call = Arc::clone(&row.call);
            tokio::spawn(async move {
                let mut times = Vec::new();
                while started.elapsed() < TIME {
                    let begun = Instant::now();
                    call().await;
                    times.push(begun.elapsed());
                    // What never waits would not let the others run.
                    tokio::task::coop::consume_budget().await;
                }
                times
            })
        })
        .collect();
    let mut times = Vec::new();
    for worker in workers {
        times.extend(worker.await.expect("no panic"));
    }
    #[expect(clippy::cast_precision_loss, reason = "it is rounded anyway")]
    let calls_a_second = times.len() as f64 / started.elapsed().as_secs_f64();
    times.sort_unstable();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100];
    Figure { calls_a_second, ratio: 1.0, p50: at(50), p99: at(99) }
}

fn medians(rounds: &[Figure]) -> Figure {
    fn median<T: Copy + PartialOrd>(rounds: &[Figure], of: impl Fn(&Figure) -> T) -> T {
        let mut all: Vec<T> = rounds.iter().map(of).collect();
        all.sort_by(|one, other| one.partial_cmp(other).expect("numbers"));
        all[all.len() / 2]
    }
    Figure {
        calls_a_second: median(rounds, |figure| figure.calls_a_second),
        ratio: median(rounds, |figure| figure.ratio),
        p50: median(rounds, |figure| figure.p50),
        p99: median(rounds, |figure| figure.p99),
    }
}
