//! Names and literals as SQL writes them. Everything that comes from a scenario or a command line passes through here.

/// The most bytes of a name; the server cuts longer ones without a word, so they are refused.
pub const MOST_NAME_BYTES: usize = 63;

/// A name in double quotes: `tickets` → `"tickets"`, `a"b` → `"a""b"`.
///
/// ```
/// assert_eq!(seedbed_postgres::sql::identifier("order \"x\""), "\"order \"\"x\"\"\"");
/// ```
pub fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A name within a schema, both quoted.
pub fn qualified(schema: &str, name: &str) -> String {
    format!("{}.{}", identifier(schema), identifier(name))
}

/// Names in quotes, with commas between.
pub fn identifiers<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    names.into_iter().map(identifier).collect::<Vec<_>>().join(", ")
}

/// A string literal that means the same whatever `standard_conforming_strings` says.
///
/// ```
/// assert_eq!(seedbed_postgres::sql::literal("it's"), "'it''s'");
/// assert_eq!(seedbed_postgres::sql::literal("a\\b"), "E'a\\\\b'");
/// ```
pub fn literal(text: &str) -> String {
    let quoted = text.replace('\'', "''");
    if quoted.contains('\\') { format!("E'{}'", quoted.replace('\\', "\\\\")) } else { format!("'{quoted}'") }
}

/// String literals with commas between.
pub fn literals<'t>(texts: impl IntoIterator<Item = &'t str>) -> String {
    texts.into_iter().map(literal).collect::<Vec<_>>().join(", ")
}
