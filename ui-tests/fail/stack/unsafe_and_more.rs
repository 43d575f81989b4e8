use resilience::timeout;

#[timeout(0)]
pub const unsafe extern "C" fn everything() -> ! {
    loop {}
}

fn main() {}
