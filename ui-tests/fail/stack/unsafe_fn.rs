use resilience::{retry, timeout};

#[retry(max = 2)]
unsafe fn read(from: *const u8) -> Result<u8, resilience::Error> {
    Ok(unsafe { *from })
}

#[timeout(secs = 1)]
pub async unsafe fn read_later(from: *const u8) -> Result<u8, resilience::Error> {
    Ok(unsafe { *from })
}

fn main() {}
