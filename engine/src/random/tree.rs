//! The shape of a tree with so many rows, of which every row finds its parent alone.

use std::rc::Rc;

use super::{Invalid, Permutation, Stream};

/// The deepest level that a tree may have.
pub(crate) const DEEPEST: u64 = 100;
/// The most children of one row.
pub(crate) const MOST_CHILDREN: u64 = 1 << 40;
/// The random words of a tree: some for each level.
const WORDS_PER_TREE: u128 = 512;
const WORDS_PER_LEVEL: usize = 4;
/// The most places for the children of a level; far more than there are rows.
const MOST_PLACES: u64 = 1 << 62;

/// What trees have to keep to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TreeBounds {
    /// The deepest level, from 1 to [`DEEPEST`]; roots stand in level 0.
    pub(crate) depth: u64,
    /// The most children of a row, from 1 to [`MOST_CHILDREN`].
    pub(crate) children: u64,
    /// How many roots, if that is asked for.
    pub(crate) roots: Option<u64>,
}

impl TreeBounds {
    /// The most rows under so many roots, with them.
    pub(crate) fn most_rows(&self, roots: u64) -> u64 {
        roots.saturating_mul(geometric(self.children, self.depth))
    }
}

/// `1 + x + x² + … + x^n`, or the greatest number.
fn geometric(x: u64, n: u64) -> u64 {
    (0..n).fold(1, |sum: u64, _| sum.saturating_mul(x).saturating_add(1))
}

/// How many rows stand in each level of a tree: the rows of a level follow those of the level above.
///
/// There are as few levels as it takes when rows have half as many children as they may, in the mean. From level to level
/// the number of rows grows by one factor, which is found by halving.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Levels {
    /// The first row of each level, and the number of all rows behind them.
    starts: Vec<u64>,
    children: u64,
}

impl Levels {
    /// Of a tree of so many rows. Where bounds and number of roots allow fewer, there are more roots.
    pub(crate) fn new(bounds: &TreeBounds, rows: u64) -> Self {
        let TreeBounds { depth, children, roots } = *bounds;
        let usual = children.div_ceil(2);
        let wanted = roots.unwrap_or_else(|| rows.div_ceil(geometric(usual, depth)).max(1));
        let least = rows.div_ceil(bounds.most_rows(1));
        let roots = wanted.max(least).min(rows);
        let enough = |deepest: &u64| roots.saturating_mul(geometric(usual, *deepest)) >= rows;
        let deepest = (0..depth).find(enough).unwrap_or(depth);
        let growth = growth(roots as f64, rows as f64, deepest, children as f64);
        let mut starts = vec![0, roots];
        let (mut last, mut left, mut wanted) = (roots, rows - roots, roots as f64);
        for below in (0..deepest).rev() {
            if left == 0 {
                break;
            }
            wanted *= growth;
            // What is left has to fit below, and the level under the one above. It does: what is left is at most
            // `last` × (c + … + c^n), so that the least number is at most `last` × c.
            let least = left.div_ceil(geometric(children, below));
            let size = (libm::round(wanted) as u64).max(least).min(last.saturating_mul(children)).min(left);
            starts.push(starts[starts.len() - 1] + size);
            (last, left) = (size, left - size);
        }
        Self { starts, children }
    }

    /// The level of a row, by its place.
    pub(crate) fn level(&self, place: u64) -> usize {
        self.starts.partition_point(|start| *start <= place) - 1
    }

    fn size(&self, level: usize) -> u64 {
        self.starts[level + 1] - self.starts[level]
    }
}

/// The factor by which levels grow: `roots × (1 + g + … + g^n) = rows`, at most `most`.
fn growth(roots: f64, rows: f64, deepest: u64, most: f64) -> f64 {
    let (mut low, mut high) = (0.0, most);
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        let sum = (0..deepest).fold(1.0, |sum, _| sum * middle + 1.0);
        if roots * sum < rows {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}

/// Who is whose parent in one tree.
///
/// A level has places for children, as many as a row may have for each row above that has any: all roots, and half of the rows
/// of other levels, in the order of a permutation. A second permutation deals the rows of the level out to these places. So no
/// row has more children than it may, some have many, and some none.
pub(crate) struct Tree {
    levels: Rc<Levels>,
    stream: Stream,
    /// The first of its words.
    first: u128,
    /// To each level below the roots how its rows find their parents, made when it is asked for.
    steps: Vec<Option<Step>>,
}

/// How the rows of a level find their parents.
#[derive(Clone, Copy)]
struct Step {
    /// Deals rows out to places.
    places: Permutation,
    places_each: u64,
    /// Which rows above have children; none where all may.
    parents: Option<Permutation>,
}

impl Tree {
    /// The tree with a number, by the words of a stream.
    pub(crate) fn new(levels: Rc<Levels>, stream: &Stream, number: u64) -> Self {
        let steps = vec![None; levels.starts.len()];
        Self { levels, stream: stream.clone(), first: u128::from(number) * WORDS_PER_TREE, steps }
    }

    /// The level of a row, by its place.
    pub(crate) fn level(&self, place: u64) -> usize {
        self.levels.level(place)
    }

    /// The parent of a row, by their places; none of a root. It comes before the row.
    pub(crate) fn parent(&mut self, place: u64) -> Option<u64> {
        let level = self.levels.level(place);
        let above = level.checked_sub(1)?;
        let step = match self.steps[level] {
            Some(step) => step,
            // No level is empty.
            None => {
                let step = self.step(level, above).ok()?;
                *self.steps[level].insert(step)
            }
        };
        let parent = step.places.apply(place - self.levels.starts[level]) / step.places_each;
        let parent = step.parents.map_or(parent, |parents| parents.apply(parent));
        Some(self.levels.starts[above] + parent)
    }

    fn step(&self, level: usize, above: usize) -> Result<Step, Invalid> {
        let (rows, rows_above) = (self.levels.size(level), self.levels.size(above));
        let children = self.levels.children;
        let have_children = match above {
            0 => rows_above,
            // A third of the places stays free, if it can.
            _ => rows_above.div_ceil(2).max((3 * rows).div_ceil(2 * children)).min(rows_above),
        };
        // More places than rows are of no use to one parent; and enough they are, as rows are fewer than 2^53.
        let places_each = children.min(rows).min(MOST_PLACES / have_children);
        let mut words = [0; WORDS_PER_LEVEL];
        self.stream.fill(self.first + (level * WORDS_PER_LEVEL) as u128, &mut words);
        let [a, b, c, d] = words;
        let parents = (have_children < rows_above).then(|| Permutation::new([c, d], rows_above));
        Ok(Step {
            places: Permutation::new([a, b], have_children * places_each)?,
            places_each,
            parents: parents.transpose()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bounds(depth: u64, children: u64, roots: Option<u64>) -> TreeBounds {
        TreeBounds { depth, children, roots }
    }

    fn parents(levels: &Levels, number: u64) -> Vec<Option<u64>> {
        let stream = Stream::new(42, "t", "node", "value", 1);
        let mut tree = Tree::new(Rc::new(levels.clone()), &stream, number);
        (0..levels.starts[levels.starts.len() - 1]).map(|place| tree.parent(place)).collect()
    }

    #[test]
    fn trees_of_any_size_keep_to_their_bounds() {
        for (depth, children, roots) in [
            (1, 1, None),
            (1, 7, Some(3)),
            (3, 2, None),
            (5, 10, Some(1)),
            (4, 3, Some(2)),
            (100, 1, None),
            (7, 1000, None),
        ] {
            let bounds = bounds(depth, children, roots);
            for rows in (0..130).chain([719, 2000]) {
                let levels = Levels::new(&bounds, rows);
                let parents = parents(&levels, rows);
                assert_eq!(parents.len() as u64, rows);
                let (mut depths, mut counts) = (Vec::new(), vec![0; parents.len()]);
                for (place, parent) in parents.iter().enumerate() {
                    assert!(parent.is_none_or(|parent| parent < place as u64));
                    let depth = parent.map_or(0, |parent| depths[parent as usize] + 1);
                    assert_eq!(depth, levels.level(place as u64));
                    depths.push(depth);
                    if let Some(parent) = parent {
                        counts[*parent as usize] += 1;
                    }
                }
                assert!(depths.iter().all(|found| *found as u64 <= depth));
                assert!(counts.iter().all(|count| *count <= children), "{bounds:?}, {rows} rows: {counts:?}");
                let found = depths.iter().filter(|depth| **depth == 0).count() as u64;
                if let Some(roots) = roots.filter(|roots| bounds.most_rows(*roots) >= rows) {
                    assert_eq!(found, roots.min(rows), "{bounds:?}, {rows} rows");
                }
            }
        }
    }

    /// As many rows as the bounds allow: every row has as many children as it may.
    #[test]
    fn a_full_tree_is_full() {
        let bounds = bounds(3, 4, Some(2));
        assert_eq!(bounds.most_rows(2), 170);
        let levels = Levels::new(&bounds, 170);
        assert_eq!(levels.starts, [0, 2, 10, 42, 170]);
        let parents = parents(&levels, 0);
        for place in 0..42 {
            assert_eq!(parents.iter().filter(|parent| **parent == Some(place)).count(), 4);
        }
        // One more needs one more root.
        assert_eq!(Levels::new(&bounds, 171).starts[1], 3);
    }

    #[test]
    fn levels_grow_by_one_factor() {
        let bounds = bounds(5, 10, None);
        assert_eq!(Levels::new(&bounds, 1).starts, [0, 1]);
        assert_eq!(Levels::new(&bounds, 10).starts, [0, 1, 4, 10]);
        assert_eq!(Levels::new(&bounds, 1000).starts, [0, 1, 5, 19, 71, 267, 1000]);
        assert_eq!(Levels::new(&bounds, 10_000).starts[1], 3);
    }

    #[test]
    fn the_largest_trees_have_no_overflow() {
        let rows = 1 << 53;
        for bounds in [bounds(100, MOST_CHILDREN, None), bounds(1, MOST_CHILDREN, None), bounds(100, 1, None)]
        {
            let levels = Levels::new(&bounds, rows);
            let stream = Stream::new(1, "t", "node", "value", 1);
            let mut tree = Tree::new(Rc::new(levels), &stream, u64::MAX);
            for place in [0, 1, rows / 3, rows - 1] {
                assert!(tree.parent(place).is_none_or(|parent| parent < place));
            }
        }
        let every = Levels::new(&bounds(3, 2, Some(u64::MAX)), 5);
        assert_eq!(every.starts, [0, 5]);
    }

    #[test]
    fn some_rows_have_many_children_and_some_none() {
        let levels = Levels::new(&bounds(5, 10, None), 1000);
        let parents = parents(&levels, 3);
        let mut counts = [0; 267];
        parents.iter().flatten().for_each(|parent| counts[*parent as usize] += 1);
        let with = |few: fn(u64) -> bool| counts.iter().filter(|count| few(**count)).count();
        // About half of the rows of the levels between have none.
        assert!((100..150).contains(&with(|count| count == 0)), "{counts:?}");
        assert!(with(|count| count >= 9) > 10 && with(|count| (1..5).contains(&count)) > 10, "{counts:?}");
    }

    #[test]
    fn literal_parents() {
        let levels = Levels::new(&bounds(4, 3, None), 14);
        let found: Vec<i64> =
            parents(&levels, 7).iter().map(|parent| parent.map_or(-1, |parent| parent as i64)).collect();
        assert_eq!(found, [-1, 0, 0, 2, 2, 1, 1, 4, 4, 3, 4, 3, 6, 3]);
    }
}
