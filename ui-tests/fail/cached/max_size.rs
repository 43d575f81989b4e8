use resilience::cached;

#[cached(max_size = 0)]
async fn zero() -> Option<u8> {
    None
}

#[cached(max_size = -1)]
async fn negative() -> Option<u8> {
    None
}

#[cached(max_size = "1000")]
async fn string() -> Option<u8> {
    None
}

#[cached(max_size = 1e3)]
async fn fraction() -> Option<u8> {
    None
}

#[cached(max_size = 99999999999999999999)]
async fn too_large() -> Option<u8> {
    None
}

fn main() {}
