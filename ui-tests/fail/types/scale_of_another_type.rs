use resilience::cached;

fn letters(text: &String) -> u64 {
    text.len() as u64
}

fn size(_: &u8, text: &String) -> usize {
    text.len()
}

#[cached(weigh = letters, max_weight = 100)]
async fn one_argument(number: u8) -> String {
    number.to_string()
}

#[cached(weigh = size, max_weight = 100)]
async fn another_number(number: u8) -> String {
    number.to_string()
}

#[cached(weigh = |_, text| text.len(), max_weight = 100)]
async fn a_closure(number: u8) -> String {
    number.to_string()
}

fn main() {}
