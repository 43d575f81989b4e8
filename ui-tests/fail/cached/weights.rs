use resilience::cached;

#[cached(max_weight = 1000)]
async fn weight_without_a_scale() -> Option<u8> {
    None
}

#[cached(weigh = |_: &(), _: &u8| 1)]
async fn scale_without_a_limit() -> Option<u8> {
    None
}

#[cached(max_size = 10, weigh = |_: &(), _: &u8| 1, max_weight = 10)]
async fn two_limits() -> Option<u8> {
    None
}

#[cached(weigh = scale, max_weight = 0)]
async fn no_room() -> Option<u8> {
    None
}

#[cached(weigh = scale, max_weight = -1)]
async fn negative() -> Option<u8> {
    None
}

#[cached(weigh = scale, max_weight = "1MB")]
async fn with_a_unit() -> Option<u8> {
    None
}

#[cached(weigh = scale(), max_weight = 10)]
async fn a_call() -> Option<u8> {
    None
}

#[cached(weight = scale, max_weight = 10)]
async fn misspelt() -> Option<u8> {
    None
}

fn scale(_: &(), _: &u8) -> u64 {
    1
}

fn main() {}
