//! Strings of JSON.

use super::Buffer;

/// Appends a text in quotes, with what JSON wants escaped.
pub fn write_json_text(out: &mut impl Buffer, text: &str) {
    out.push_ascii(b"\"");
    let mut rest = text;
    while let Some(at) = rest.bytes().position(|byte| byte < b' ' || byte == b'"' || byte == b'\\') {
        // What is escaped is ASCII, so both sides of it are text.
        out.push_str(&rest[..at]);
        match rest.as_bytes()[at] {
            b'"' => out.push_ascii(b"\\\""),
            b'\\' => out.push_ascii(b"\\\\"),
            b'\n' => out.push_ascii(b"\\n"),
            b'\r' => out.push_ascii(b"\\r"),
            b'\t' => out.push_ascii(b"\\t"),
            byte => {
                out.push_ascii(b"\\u00");
                super::write_hex(out, &[byte]);
            }
        }
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
    out.push_ascii(b"\"");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_is_read_back() {
        let text: String = ('\0'..='\u{2fff}').chain("\u{fffd}🦀".chars()).collect();
        let mut out = String::new();
        write_json_text(&mut out, &text);
        assert_eq!(serde_json::from_str::<String>(&out).unwrap(), text);
        assert!(out.starts_with("\"\\u0000\\u0001"));
    }
}
