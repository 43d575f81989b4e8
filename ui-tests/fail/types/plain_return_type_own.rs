use resilience::retry;

struct Answer;

#[retry(max = 3)]
fn ask() -> Answer {
    Answer
}

fn main() {}
