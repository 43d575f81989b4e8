#[retry]
#[timeout(idle = "20s", map_err = Error::late)]
fn read(file: File) -> impl Stream<Item = io::Result<Line>> + Send {
    lines(file)
}
