//! A macro sees `Transaction<'_>` in a result, but not a lifetime that the result leaves out. The compiler then reports
//! the borrow itself, at the attribute.

use resilience::{fallback, retry};

pub struct Transaction<'a> {
    connection: &'a mut Vec<u32>,
}

#[retry]
fn written(connection: &mut Vec<u32>) -> Result<Transaction<'_>, resilience::Error> {
    Ok(Transaction { connection })
}

#[retry]
fn hidden(connection: &mut Vec<u32>) -> Result<Transaction, resilience::Error> {
    Ok(Transaction { connection })
}

#[retry]
async fn hidden_later(connection: &mut Vec<u32>) -> Result<Transaction, resilience::Error> {
    Ok(Transaction { connection })
}

#[fallback(spare)]
fn hidden_from_a_fallback(connection: &mut Vec<u32>) -> Result<Transaction, resilience::Error> {
    Ok(Transaction { connection })
}

fn spare(connection: &mut Vec<u32>) -> Result<Transaction<'_>, resilience::Error> {
    Ok(Transaction { connection })
}

fn main() {}
