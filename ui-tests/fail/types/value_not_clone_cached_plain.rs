use resilience::cached;

struct Answer;

#[cached]
fn ask(query: &str) -> Answer {
    let _ = query;
    Answer
}

fn main() {}
