//! Characters that do not show as what they are: controls that steer a terminal, marks that turn the direction of writing,
//! and letters without a width.

/// Whether a character steers what shows it, or is not seen at all.
///
/// These are Unicode's control characters, line and paragraph separators, the format characters but for the visible signs of
/// Arabic and other scripts, and the fillers that show nothing.
///
/// ```
/// use seedbed_engine::hidden::is_hidden;
/// assert!(['\u{1b}', '\n', '\u{9b}', '\u{202e}', '\u{200b}', '\u{e0041}'].into_iter().all(is_hidden));
/// assert!(!['a', ' ', 'é', '東', '\u{301}', '🦀'].into_iter().any(is_hidden));
/// ```
pub fn is_hidden(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_control();
    }
    matches!(
        c,
        '\u{80}'..='\u{9f}'
            | '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{13430}'..='\u{1343f}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}
