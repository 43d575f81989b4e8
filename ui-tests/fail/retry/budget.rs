use resilience::retry;

#[retry(budget = 0.2)]
fn a_ratio() -> Result<u32, String> {
    Ok(1)
}

#[retry(budget = "")]
fn an_empty_name() -> Result<u32, String> {
    Ok(1)
}

#[retry(budget = budget("llm"))]
fn a_call() -> Result<u32, String> {
    Ok(1)
}

static NUMBER: u32 = 7;

#[retry(budget = NUMBER)]
fn a_static_of_another_type() -> Result<u32, String> {
    Ok(1)
}

#[retry(nested = 2)]
fn a_number_of_layers() -> Result<u32, String> {
    Ok(1)
}

#[retry(nested)]
fn no_value() -> Result<u32, String> {
    Ok(1)
}

fn main() {}
