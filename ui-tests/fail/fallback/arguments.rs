use resilience::fallback;

fn canned() -> Result<u8, resilience::Error> {
    Ok(0)
}

fn always(_: &resilience::Error) -> bool {
    true
}

#[fallback(canned, whn = always)]
async fn typo() -> Result<u8, resilience::Error> {
    Ok(1)
}

#[fallback(values = 0)]
async fn plural() -> Result<u8, resilience::Error> {
    Ok(1)
}

#[fallback(value = 0, value = 1)]
async fn two_values() -> Result<u8, resilience::Error> {
    Ok(1)
}

#[fallback(canned, when = always, when = always)]
async fn two_conditions() -> Result<u8, resilience::Error> {
    Ok(1)
}

#[fallback(canned, when = always())]
async fn called_condition() -> Result<u8, resilience::Error> {
    Ok(1)
}

#[fallback(value)]
async fn value_without_a_value() -> Result<u8, resilience::Error> {
    Ok(1)
}

#[fallback(value = )]
async fn nothing_after_the_equals_sign() -> Result<u8, resilience::Error> {
    Ok(1)
}

#[fallback(canned canned)]
async fn no_comma() -> Result<u8, resilience::Error> {
    Ok(1)
}

#[fallback(name = "canned", canned)]
async fn of_another_attribute() -> Result<u8, resilience::Error> {
    Ok(1)
}

fn main() {
    let _ = (canned, always);
}
