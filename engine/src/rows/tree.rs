//! Where rows stand in trees: those under one row of an ancestor are a tree each, or all rows of a table are one.

use std::collections::HashMap;
use std::rc::Rc;

use super::Frame;
use super::pick::Among;
use crate::error::ValueError;
use crate::generators::Within;
use crate::random::{Levels, Stream, Tree, TreeBounds};

/// The most shapes of trees that are remembered: trees of as many rows have one shape.
const MOST_SHAPES: usize = 1 << 12;

/// Calls a function for each row of a frame, with the tree of the row, the row's place in it, and the row that stands first there.
///
/// # Errors
/// The ancestors of rows, or the counts of rows under them, cannot be computed.
pub(crate) fn in_trees(
    frame: &Frame,
    within: Option<&Within>,
    bounds: &TreeBounds,
    stream: &Stream,
    each: impl FnMut(&mut Tree, u64, u64),
) -> Result<(), ValueError> {
    trees(frame, &Among::of(frame, frame.table, within)?, within, bounds, stream, each)
}

/// The same where the rows of the trees are known.
pub(super) fn trees(
    frame: &Frame,
    among: &Among,
    within: Option<&Within>,
    bounds: &TreeBounds,
    stream: &Stream,
    mut each: impl FnMut(&mut Tree, u64, u64),
) -> Result<(), ValueError> {
    let numbers = within.map(|within| frame.rows_at(&within.hops)).transpose()?;
    let mut shapes: HashMap<u64, Rc<Levels>> = HashMap::new();
    let mut tree_of = |rows: u64, number: u64| {
        if shapes.len() > MOST_SHAPES {
            shapes.clear();
        }
        let levels = shapes.entry(rows).or_insert_with(|| Rc::new(Levels::new(bounds, rows)));
        (number, Tree::new(levels.clone(), stream, number))
    };
    // Neighbours mostly share their tree.
    let mut known: Option<(u64, Tree)> = None;
    for (i, row) in frame.rows.iter().enumerate() {
        let number = numbers.as_ref().and_then(|numbers| numbers[i]).unwrap_or_default();
        let (start, end) = among.get(i);
        if known.as_ref().is_none_or(|(of, _)| *of != number) {
            known = Some(tree_of(end - start, number));
        }
        if let Some((_, tree)) = &mut known {
            each(tree, row - start, start);
        }
    }
    Ok(())
}
