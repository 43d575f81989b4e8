use std::io::{Error, ErrorKind as K};

use super::{Category, Classify, resilience_error_in};

#[diagnostic::do_not_recommend]
impl Classify for Error {
    fn category(&self) -> Category {
        match self.kind() {
            K::ConnectionRefused
            | K::ConnectionReset
            | K::ConnectionAborted
            | K::NotConnected
            | K::AddrNotAvailable
            | K::BrokenPipe
            | K::UnexpectedEof
            | K::HostUnreachable
            | K::NetworkUnreachable
            | K::NetworkDown => Category::Network,
            K::OutOfMemory | K::StorageFull | K::QuotaExceeded => Category::Resource,
            K::NotFound
            | K::PermissionDenied
            | K::AddrInUse
            | K::AlreadyExists
            | K::NotADirectory
            | K::IsADirectory
            | K::DirectoryNotEmpty
            | K::ReadOnlyFilesystem
            | K::InvalidInput
            | K::InvalidData
            | K::WriteZero
            | K::NotSeekable
            | K::FileTooLarge
            | K::CrossesDevices
            | K::TooManyLinks
            | K::ArgumentListTooLong
            | K::Unsupported => Category::Permanent,
            _ if self.raw_os_error().is_some_and(is_used_up) => Category::Resource,
            // `Other`, set by code that wraps an error, or a kind without a name: a retry may help.
            _ => Category::Transient,
        }
    }

    /// Looks into the wrapped error and its sources.
    fn resilience_error(&self) -> Option<&crate::Error> {
        resilience_error_in(self)
    }
}

/// The standard library has no kind for exhausted handles and buffers.
const fn is_used_up(code: i32) -> bool {
    const CODES: &[i32] = if cfg!(windows) {
        // ERROR_TOO_MANY_OPEN_FILES, WSAEMFILE, WSAENOBUFS
        &[4, 10024, 10055]
    } else if cfg!(any(target_os = "linux", target_os = "android")) {
        // ENFILE, EMFILE, ENOBUFS
        &[23, 24, 105]
    } else {
        &[23, 24, 55]
    };
    let mut index = 0;
    while index < CODES.len() {
        if CODES[index] == code {
            return true;
        }
        index += 1;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_told_apart_by_what_another_try_would_meet() {
        let of = |kind| Error::from(kind).category();
        for kind in [K::ConnectionRefused, K::ConnectionReset, K::BrokenPipe, K::UnexpectedEof, K::HostUnreachable] {
            assert_eq!(of(kind), Category::Network, "{kind}");
        }
        for kind in [K::TimedOut, K::Interrupted, K::WouldBlock, K::ResourceBusy, K::Deadlock, K::Other] {
            assert_eq!(of(kind), Category::Transient, "{kind}");
        }
        for kind in [K::OutOfMemory, K::StorageFull, K::QuotaExceeded] {
            assert_eq!(of(kind), Category::Resource, "{kind}");
        }
        for kind in [K::NotFound, K::PermissionDenied, K::InvalidData, K::AlreadyExists, K::Unsupported] {
            assert_eq!(of(kind), Category::Permanent, "{kind}");
        }
        assert_eq!(Error::other("wrapped").category(), Category::Transient);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn too_many_open_files_are_a_resource_and_an_unnamed_code_is_transient() {
        let of = |code| Error::from_raw_os_error(code).category();
        let (too_many, no_buffers, refused, io, no_file) = (24, 105, 111, 5, 2);
        assert_eq!((of(too_many), of(no_buffers)), (Category::Resource, Category::Resource));
        assert_eq!((of(refused), of(io), of(no_file)), (Category::Network, Category::Transient, Category::Permanent));
    }
}
