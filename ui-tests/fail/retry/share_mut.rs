use resilience::retry;

#[retry(max = 2, share(text))]
async fn ask(mut text: String) -> Result<usize, resilience::Error> {
    text.push('x');
    Ok(text.len())
}

fn main() {}
