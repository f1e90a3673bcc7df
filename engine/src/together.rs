//! Things that are read independently of each other: when several are wrong, all of them are told.

use crate::error::Fault;

/// Results that do not follow from each other.
pub(crate) trait Together {
    /// What they hold.
    type All;

    /// All of them, or the faults of those that failed.
    fn together(self) -> Result<Self::All, Fault>;
}

macro_rules! tuples {
    ($($each:ident)+) => {
        impl<$($each),+> Together for ($(Result<$each, Fault>,)+) {
            type All = ($($each,)+);

            #[allow(non_snake_case)] // Named after their types.
            fn together(self) -> Result<Self::All, Fault> {
                let ($($each,)+) = self;
                let mut faults = None;
                $(let $each = keep($each, &mut faults);)+
                match ($($each,)+) {
                    ($(Some($each),)+) => Ok(($($each,)+)),
                    _ => Err(faults.unwrap_or_else(Fault::reported)),
                }
            }
        }
    };
}

tuples!(A B);
tuples!(A B C);
tuples!(A B C D);

impl<T> Together for Vec<Result<T, Fault>> {
    type All = Vec<T>;

    fn together(self) -> Result<Vec<T>, Fault> {
        let mut faults = None;
        let all: Vec<T> = self.into_iter().filter_map(|each| keep(each, &mut faults)).collect();
        faults.map_or(Ok(all), Err)
    }
}

fn keep<T>(result: Result<T, Fault>, faults: &mut Option<Fault>) -> Option<T> {
    result
        .map_err(|fault| {
            *faults = Some(match faults.take() {
                None => fault,
                Some(first) => first.and(fault),
            });
        })
        .ok()
}
