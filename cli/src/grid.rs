//! Text in aligned columns.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The side on which a column's cells line up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Right,
}

/// Rows of cells under a head.
pub(crate) struct Grid {
    columns: Vec<(String, Align)>,
    rows: Vec<Vec<String>>,
}

impl Grid {
    pub(crate) fn new(columns: impl IntoIterator<Item = (impl Into<String>, Align)>) -> Self {
        let columns = columns.into_iter().map(|(name, align)| (name.into(), align)).collect();
        Self { columns, rows: Vec::new() }
    }

    /// Adds a row with a cell for every column.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = impl Into<String>>) {
        self.rows.push(cells.into_iter().map(Into::into).collect());
    }

    /// The grid as lines, without blanks at their ends.
    pub(crate) fn lines(&self) -> String {
        let widths = self.widths();
        let mut out = String::new();
        let head: Vec<&str> = self.columns.iter().map(|(name, _)| name.as_str()).collect();
        self.line(&head, &widths, &mut out);
        for row in &self.rows {
            let cells: Vec<&str> = row.iter().map(String::as_str).collect();
            self.line(&cells, &widths, &mut out);
        }
        out
    }

    /// The same with a rule under the head.
    pub(crate) fn ruled(&self) -> String {
        let rule: Vec<String> = self.widths().iter().map(|width| "─".repeat(*width)).collect();
        let lines = self.lines();
        let (head, body) = lines.split_once('\n').unwrap_or((&lines, ""));
        format!("{head}\n{}\n{body}", rule.join("  "))
    }

    /// One line per cell, for rows that are wider than the terminal.
    pub(crate) fn records(&self, first: u64) -> String {
        let widest = self.columns.iter().map(|(name, _)| name.width()).max().unwrap_or(0);
        let mut out = String::new();
        for (number, row) in (first..).zip(&self.rows) {
            out += &format!("── row {number}\n");
            for ((name, _), cell) in self.columns.iter().zip(row) {
                let blanks = " ".repeat(widest - name.width());
                out += &format!("{name}{blanks}  {cell}\n");
            }
        }
        out
    }

    /// The columns of the terminal that lines take.
    pub(crate) fn width(&self) -> usize {
        self.widths().iter().map(|width| width + 2).sum::<usize>().saturating_sub(2)
    }

    fn widths(&self) -> Vec<usize> {
        let widest = |i: usize, name: &str| {
            let cells = self.rows.iter().filter_map(|row| row.get(i)).map(|cell| cell.width());
            cells.max().unwrap_or(0).max(name.width())
        };
        self.columns.iter().enumerate().map(|(i, (name, _))| widest(i, name)).collect()
    }

    fn line(&self, cells: &[&str], widths: &[usize], out: &mut String) {
        let mut line = String::new();
        for ((cell, width), (_, align)) in cells.iter().zip(widths).zip(&self.columns) {
            let blanks = " ".repeat(width.saturating_sub(cell.width()));
            match align {
                Align::Left => line += &format!("{cell}{blanks}  "),
                Align::Right => line += &format!("{blanks}{cell}  "),
            }
        }
        *out += line.trim_end();
        out.push('\n');
    }
}

/// Text cut to so many columns of the terminal, with `…` at its end where something is missing, and
/// with control characters spelled out.
pub(crate) fn cut(text: &str, columns: usize) -> String {
    let (mut out, mut width) = (String::new(), 0);
    for c in text.chars() {
        let shown = if c.is_control() { c.escape_default().to_string() } else { c.to_string() };
        width += shown.chars().map(|c| c.width().unwrap_or(0)).sum::<usize>();
        if width > columns {
            while out.width() + 1 > columns {
                out.pop();
            }
            out.push('…');
            return out;
        }
        out += &shown;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_line_up_in_any_script() {
        let mut grid = Grid::new([("name", Align::Left), ("rows", Align::Right)]);
        grid.row(["東京", "7"]);
        grid.row(["bo", "12,345"]);
        assert_eq!(grid.lines(), "name    rows\n東京       7\nbo    12,345\n");
        assert_eq!(grid.ruled().lines().nth(1), Some("────  ──────"));
        assert_eq!(grid.width(), 12);
        assert_eq!(grid.records(7), "── row 7\nname  東京\nrows  7\n── row 8\nname  bo\nrows  12,345\n");
    }

    #[test]
    fn long_text_is_cut() {
        assert_eq!(cut("abcdef", 6), "abcdef");
        assert_eq!(cut("abcdefg", 6), "abcde…");
        assert_eq!(cut("東京東京", 6), "東京…");
        assert_eq!(cut("a\nb", 10), "a\\nb");
    }
}
