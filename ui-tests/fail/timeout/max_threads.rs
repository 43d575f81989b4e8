use resilience::timeout;

const TWO: u32 = 2;
const NINE: u32 = 9;

type Answer = Result<u32, resilience::Error>;

#[timeout(secs = 1, mode = "thread", max_threads = 2, max_abandoned = 3)]
fn never_so_many() -> Answer {
    Ok(1)
}

#[timeout(secs = 1, mode = "thread", max_threads = TWO, max_abandoned = NINE)]
fn nor_by_constants() -> Answer {
    Ok(1)
}

#[timeout(secs = 1, mode = "cooperative", max_threads = 2)]
fn without_threads() -> Answer {
    Ok(1)
}

#[timeout(secs = 1, mode = "thread", max_threads = 0)]
fn none() -> Answer {
    Ok(1)
}

fn main() {}
