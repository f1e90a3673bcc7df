//! Text in aligned columns.

use seedbed_engine::hidden::is_hidden;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::shown::shown;

/// The side on which a column's cells line up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Right,
}

/// Rows of cells under a head. Cells are escaped when they are added, so that their widths are those that are seen.
pub(crate) struct Grid {
    columns: Vec<(String, Align)>,
    rows: Vec<Vec<String>>,
}

impl Grid {
    pub(crate) fn new(columns: impl IntoIterator<Item = (impl Into<String>, Align)>) -> Self {
        let columns =
            columns.into_iter().map(|(name, align)| (shown(&name.into()).into_owned(), align)).collect();
        Self { columns, rows: Vec::new() }
    }

    /// Adds a row with a cell for every column.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = impl Into<String>>) {
        self.rows.push(cells.into_iter().map(|cell| shown(&cell.into()).into_owned()).collect());
    }

    /// The grid as lines, without blanks at their ends.
    pub(crate) fn lines(&self) -> Vec<String> {
        let widths = self.widths();
        let head = self.columns.iter().map(|(name, _)| name.as_str());
        let rows = self.rows.iter().map(|row| self.line(row.iter().map(String::as_str), &widths));
        std::iter::once(self.line(head, &widths)).chain(rows).collect()
    }

    /// The same with a rule under the head.
    pub(crate) fn ruled(&self) -> Vec<String> {
        let rule: Vec<String> = self.widths().iter().map(|width| "─".repeat(*width)).collect();
        let mut lines = self.lines();
        lines.insert(1, rule.join("  "));
        lines
    }

    /// One line per cell, for rows that are wider than the terminal.
    pub(crate) fn records(&self, first: u64) -> Vec<String> {
        let widest = self.columns.iter().map(|(name, _)| name.width()).max().unwrap_or(0);
        let mut lines = Vec::new();
        for (number, row) in (first..).zip(&self.rows) {
            lines.push(format!("── row {number}"));
            for ((name, _), cell) in self.columns.iter().zip(row) {
                let blanks = " ".repeat(widest - name.width());
                lines.push(format!("{name}{blanks}  {cell}"));
            }
        }
        lines
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

    fn line<'c>(&self, cells: impl Iterator<Item = &'c str>, widths: &[usize]) -> String {
        let mut line = String::new();
        for ((cell, width), (_, align)) in cells.zip(widths).zip(&self.columns) {
            let blanks = " ".repeat(width.saturating_sub(cell.width()));
            match align {
                Align::Left => line += &format!("{cell}{blanks}  "),
                Align::Right => line += &format!("{blanks}{cell}  "),
            }
        }
        line.truncate(line.trim_end().len());
        line
    }
}

/// Text cut to so many columns of the terminal, with `…` at its end where something is missing, and
/// with hidden characters spelled out.
pub(crate) fn cut(text: &str, columns: usize) -> String {
    let (mut out, mut width) = (String::new(), 0);
    for c in text.chars() {
        let shown = if is_hidden(c) { c.escape_default().to_string() } else { c.to_string() };
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
        assert_eq!(grid.lines(), ["name    rows", "東京       7", "bo    12,345"]);
        assert_eq!(grid.ruled()[1], "────  ──────");
        assert_eq!(grid.width(), 12);
        assert_eq!(grid.records(7)[..3], ["── row 7", "name  東京", "rows  7"]);
    }

    #[test]
    fn long_text_is_cut() {
        assert_eq!(cut("abcdef", 6), "abcdef");
        assert_eq!(cut("abcdefg", 6), "abcde…");
        assert_eq!(cut("東京東京", 6), "東京…");
        assert_eq!(cut("a\nb", 10), "a\\nb");
    }
}
