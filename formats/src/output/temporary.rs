//! Names for what is not complete yet. They are drawn at random and made exclusively, so that no file of another owner is
//! opened, followed or overwritten, and they have a form by which later runs recognise them.

use std::fs::File;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;
use std::path::{Path, PathBuf};

/// What the names of files that are not complete end with.
const PARTIAL: &str = ".partial";
/// How often another name is drawn where one is taken. With 64 bits at random, one that is taken was put there on purpose.
const ATTEMPTS: usize = 16;

/// Makes something under a name that is free, in a folder.
pub(super) fn make<T>(
    folder: &Path,
    name: impl Fn(&str) -> String,
    make: impl Fn(&Path) -> io::Result<T>,
) -> io::Result<(T, PathBuf)> {
    let mut attempts = 0;
    loop {
        let path = folder.join(name(&token()));
        match make(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && attempts < ATTEMPTS => {
                attempts += 1
            }
            made => return made.map(|made| (made, path)),
        }
    }
}

/// Sixteen digits that cannot be guessed: the standard library keys its hashers from the system's random numbers.
fn token() -> String {
    format!("{:016x}", RandomState::new().build_hasher().finish())
}

/// Whether a text is what [`token`] makes.
pub(super) fn is_token(text: &str) -> bool {
    text.len() == 16 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// The name of a file that is not complete: it tells by eight digits which file it will be, so that it is never too long.
pub(super) fn partial_name(of: &Path, token: &str) -> String {
    format!("{}{token}{PARTIAL}", partial_prefix(of))
}

/// Whether a name is one that [`partial_name`] gives.
pub(super) fn is_partial_of(of: &Path, name: &str) -> bool {
    let token = name.strip_prefix(&partial_prefix(of)).and_then(|rest| rest.strip_suffix(PARTIAL));
    token.is_some_and(is_token)
}

fn partial_prefix(of: &Path) -> String {
    let name = of.file_name().unwrap_or_default();
    let digest = blake3::hash(name.as_encoded_bytes()).to_hex();
    format!("seedbed-{}-", &digest[..8])
}

/// Makes a file that is not there; a link that is there is not followed.
pub(super) fn create(path: &Path) -> io::Result<File> {
    File::options().write(true).create_new(true).open(path)
}

/// Opens a file of an earlier or another run for its lock. A link is not followed, and a pipe does not make it wait.
pub(super) fn open(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.read(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, libc::O_NOFOLLOW | libc::O_NONBLOCK);
    let file = options.open(path)?;
    match file.metadata()?.is_file() {
        true => Ok(file),
        false => Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no file")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_recognised_and_never_the_same() {
        let path = Path::new("data/users.csv");
        let (one, other) = (partial_name(path, &token()), partial_name(path, &token()));
        assert_ne!(one, other);
        assert!(is_partial_of(path, &one) && is_partial_of(Path::new("elsewhere/users.csv"), &other));
        assert!(!is_partial_of(Path::new("data/teams.csv"), &one));
        for theirs in ["users.csv.partial", "seedbed.partial", &one.replace(".partial", ""), &one[1..]] {
            assert!(!is_partial_of(path, theirs), "{theirs}");
        }
    }

    #[test]
    fn names_of_any_length_have_room() {
        let long = "x".repeat(255);
        assert!(partial_name(Path::new(&long), &token()).len() < 64);
    }

    #[test]
    fn a_name_that_is_taken_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let taken = folder.path().join("taken");
        std::fs::write(&taken, "mine").unwrap();
        let made = make(folder.path(), |_| "taken".to_owned(), create);
        assert_eq!(made.unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(std::fs::read(taken).unwrap(), b"mine");
    }
}
