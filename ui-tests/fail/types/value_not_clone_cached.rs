use resilience::cached;

struct Answer;

#[cached(ttl = 60)]
async fn ask(query: &str) -> Result<Answer, resilience::Error> {
    let _ = query;
    Ok(Answer)
}

fn main() {}
