//! Numbers of tables, columns and inputs. Each kind has a type of its own, so that none is taken for another.
//!
//! A number means something only where it counts: that of a table in its plan, those of a column and an input in their table.

/// Types of numbers.
macro_rules! ids {
    ($($(#[$about:meta])* $id:ident;)*) => {$(
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $id(usize);

        impl $id {
            /// The one at an index, from 0.
            pub const fn new(index: usize) -> Self {
                Self(index)
            }

            /// The index, from 0.
            pub const fn index(self) -> usize {
                self.0
            }

            /// The numbers of so many, in order.
            pub fn up_to(count: usize) -> impl Iterator<Item = Self> + Clone {
                (0..count).map(Self)
            }

            /// Items in their order, each with its number.
            pub fn enumerate<T>(items: impl IntoIterator<Item = T>) -> impl Iterator<Item = (Self, T)> {
                (0..).map(Self).zip(items)
            }
        }
    )*};
}

ids! {
    /// The number of a table in its scenario, in the order written. [`Plan::table`](crate::Plan::table) tells it by name.
    TableId;
    /// The number of a column among all columns of its table: those that are written out, those under `let`, and hidden ones. In a
    /// batch, which has only the columns that are written out, it can stand at another place.
    ColumnId;
    /// The number of an input among all that the recipes of a table read.
    InputId;
}

/// Lets lists be indexed by the numbers of what they hold.
macro_rules! indexed {
    ($($list:ty, $id:ty => $item:ty;)*) => {$(
        impl std::ops::Index<$id> for $list {
            type Output = $item;

            fn index(&self, id: $id) -> &$item {
                &self[id.index()]
            }
        }

        impl std::ops::IndexMut<$id> for $list {
            fn index_mut(&mut self, id: $id) -> &mut $item {
                &mut self[id.index()]
            }
        }
    )*};
}

pub(crate) use indexed;
