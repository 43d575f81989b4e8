//! A policy asks where it is called whether its errors are classified, so their type is known there.

use resilience::{Policy, policy};

fn main() -> Result<(), policy::InvalidPolicy> {
    let unnamed = Policy::new() >> policy::retry().build()?;
    let _ = unnamed.call_blocking(|| Err::<u32, &str>("down"));
    let named: Policy<u32, &str> = Policy::new() >> policy::retry().build()?;
    let _ = named.call_blocking(|| Err("down"));
    Ok(())
}
