//! `share` and `skip` take whole parameters.

use resilience::{cached, retry};

pub struct Path<T>(pub T);
pub struct Request;

#[retry(share(id))]
async fn extracted(Path(id): Path<u32>) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[retry(share(request))]
fn of_a_tuple((request, id): (Request, u32)) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[cached(skip(right))]
fn skipped((left, right): (u32, u32)) -> u32 {
    left + right
}

fn main() {}
