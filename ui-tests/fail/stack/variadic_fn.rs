use resilience::retry;

unsafe extern "C" {
    #[retry(max = 2)]
    fn printf(format: *const u8, ...) -> i32;
}

fn main() {}
