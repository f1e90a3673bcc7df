//! The typed tree an expression is compiled to, and its evaluation on a batch.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, DictionaryArray, Int32Array, StringArray, new_empty_array,
};
use arrow::buffer::BooleanBuffer;
use arrow::compute::{filter, take};
use arrow::datatypes::{DataType, Int32Type};

use super::choose::{ConstantTexts, choose};
use super::kernel::Value;
use crate::error::{Fault, Span};
use crate::types::Type;

/// A compiled expression: types known, names resolved to slots, constants folded.
///
/// Printing it gives SQL.
#[derive(Clone)]
pub struct Expression {
    pub(super) node: Node,
    pub(super) ty: Type,
    pub(super) nullable: bool,
    /// Why its constant value does not exist.
    fails: Option<Arc<Fault>>,
}

#[derive(Clone)]
pub(super) enum Node {
    /// The same value in every row, of length one.
    Constant {
        value: ArrayRef,
        /// A quoted literal without a type, which adapts to what stands beside it.
        untyped: bool,
    },
    Input {
        slot: usize,
        name: Arc<str>,
    },
    Call(Arc<Call>),
    /// `and` and `or`: the right side fails only in rows that the left side leaves open.
    Logic {
        connective: Connective,
        sides: Arc<[Expression; 2]>,
    },
    Case(Arc<Case>),
    /// The first that is not NULL; later ones fail only in rows that need them.
    Coalesce(Arc<[Expression]>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Connective {
    And,
    Or,
}

/// A condition with its result, tried in order; results fail only in rows that choose them.
pub(super) struct Case {
    pub(super) branches: Vec<(Expression, Expression)>,
    pub(super) otherwise: Expression,
    /// When every result is constant text: the dictionary that all batches share.
    pub(super) constants: Option<ConstantTexts>,
}

/// Computes a batch from its arguments. Text comes spelled out, never as a dictionary, unless the call asks for it.
pub(super) type Run = Arc<dyn Fn(&[Value], usize) -> Result<ArrayRef, String> + Send + Sync>;

pub(super) struct Call {
    pub(super) form: Form,
    pub(super) arguments: Vec<Expression>,
    pub(super) contract: Contract,
    pub(super) run: Run,
}

/// What a call's evaluator may rely on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Contract {
    /// NULL in, NULL out, row by row. The evaluator sees no NULL scalar, and runs once per distinct value when its
    /// only array is a dictionary.
    Strict,
    /// The evaluator decides about NULL.
    Total,
    /// As `Total`, and dictionaries are handed over as they are.
    Native,
}

/// How a call is written.
#[derive(Clone, Debug)]
pub(super) enum Form {
    Function(&'static str),
    Infix(&'static str),
    Prefix(&'static str),
    Postfix(&'static str),
    Cast(Type),
    /// `x in (list)`, the list spelled out.
    In(String),
}

impl Expression {
    /// The type of the result.
    pub fn ty(&self) -> &Type {
        &self.ty
    }

    /// Whether the result may be NULL; `false` only when it provably never is.
    pub fn nullable(&self) -> bool {
        self.nullable
    }

    /// The value as an array of length one when it depends on no input.
    pub fn constant(&self) -> Option<ArrayRef> {
        match &self.node {
            Node::Constant { value, .. } => Some(value.clone()),
            _ => None,
        }
    }

    /// The slots it reads, in ascending order.
    pub fn inputs(&self) -> Vec<usize> {
        let mut slots = BTreeSet::new();
        self.collect_inputs(&mut slots);
        slots.into_iter().collect()
    }

    /// The values of `rows` rows; `inputs` is indexed by slot, and every array that is used has `rows` elements.
    ///
    /// Text comes as `Utf8` or as `Dictionary(Int32, Utf8)`, everything else as [`Type::arrow`] of [`Self::ty`].
    ///
    /// # Errors
    /// What PostgreSQL raises for the same values: `integer out of range`, `division by zero`, ….
    pub fn evaluate(&self, inputs: &[ArrayRef], rows: usize) -> Result<ArrayRef, String> {
        if rows == 0 {
            return Ok(new_empty_array(&self.ty.arrow()));
        }
        self.eval(inputs, rows)?.into_array(rows)
    }

    pub(super) fn constant_of(value: ArrayRef, ty: Type) -> Self {
        let nullable = value.logical_null_count() > 0;
        Self::of(Node::Constant { value, untyped: false }, ty, nullable)
    }

    pub(super) fn text_constant(text: &str) -> Self {
        Self::constant_of(Arc::new(StringArray::from(vec![text])), Type::Text)
    }

    pub(super) fn null(ty: Type) -> Self {
        Self::constant_of(arrow::array::new_null_array(&ty.arrow(), 1), ty)
    }

    pub(super) fn input(slot: usize, name: &str, ty: Type, nullable: bool) -> Self {
        Self::of(Node::Input { slot, name: name.into() }, ty, nullable)
    }

    /// A call, computed at once when all its arguments are constants.
    pub(super) fn call(call: Call, ty: Type, nullable: bool, span: Span) -> Self {
        let constant = call.arguments.iter().all(|argument| matches!(argument.node, Node::Constant { .. }));
        Self::of(Node::Call(Arc::new(call)), ty, nullable).fold_if(constant, span)
    }

    /// A strict call: NULL when an argument is.
    pub(super) fn strict(
        form: Form,
        arguments: Vec<Expression>,
        ty: Type,
        span: Span,
        run: impl Fn(&[Value], usize) -> Result<ArrayRef, String> + Send + Sync + 'static,
    ) -> Self {
        // As in PostgreSQL, a NULL that is written out settles the value, whatever the other arguments would be.
        let is_null =
            |argument: &Self| argument.constant().is_some_and(|value| value.logical_null_count() > 0);
        if arguments.iter().any(is_null) && arguments.iter().all(|argument| argument.fault().is_none()) {
            return Self::null(ty);
        }
        let nullable = arguments.iter().any(Self::nullable);
        let call = Call { form, arguments, contract: Contract::Strict, run: Arc::new(run) };
        Self::call(call, ty, nullable, span)
    }

    pub(super) fn logic(connective: Connective, left: Self, right: Self, span: Span) -> Self {
        let nullable = left.nullable || right.nullable;
        // A left side that decides rules the right one out.
        let decides = |value: ArrayRef| {
            value.is_valid(0) && value.as_boolean().value(0) == (connective == Connective::Or)
        };
        if left.constant().is_some_and(decides) {
            return left;
        }
        // So does a right side that is written out, unless the left one can have no value at all.
        if right.constant().is_some_and(decides) && left.fault().is_none() {
            return right;
        }
        let node = Node::Logic { connective, sides: Arc::new([left, right]) };
        Self::of(node, Type::Boolean, nullable).fold_without_inputs(span)
    }

    pub(super) fn case(case: Case, span: Span) -> Self {
        let nullable = case.otherwise.nullable || case.branches.iter().any(|(_, result)| result.nullable);
        let ty = case.otherwise.ty.clone();
        Self::of(Node::Case(Arc::new(case)), ty, nullable).fold_without_inputs(span)
    }

    /// All of one type already.
    pub(super) fn coalesce(mut values: Vec<Self>, span: Span) -> Self {
        let is_there = |value: &Self| value.constant().is_some_and(|value| value.is_valid(0));
        if let Some(last) = values.iter().position(is_there) {
            values.truncate(last + 1);
        }
        let nullable = values.iter().all(Self::nullable);
        let ty = values[0].ty.clone();
        Self::of(Node::Coalesce(values.into()), ty, nullable).fold_without_inputs(span)
    }

    pub(super) fn of(node: Node, ty: Type, nullable: bool) -> Self {
        Self { node, ty, nullable, fails: None }
    }

    /// What does not need all its parts is worked out although one of them fails.
    fn fold_without_inputs(self, span: Span) -> Self {
        let constant = self.inputs().is_empty();
        self.fold_if(constant, span)
    }

    fn fold_if(self, constant: bool, span: Span) -> Self {
        if !constant {
            return self;
        }
        match self.eval(&[], 1).and_then(Value::plain) {
            Ok(value) => Self::constant_of(value.array_ref(), self.ty),
            Err(message) => {
                let fault = self.fault().unwrap_or_else(|| Fault::at(span, message));
                Self { fails: Some(Arc::new(fault)), ..self }
            }
        }
    }

    /// Why a constant part has no value, unless a constant condition rules that part out.
    pub(super) fn fault(&self) -> Option<Fault> {
        if let Some(fault) = &self.fails {
            return Some(Fault::clone(fault));
        }
        match &self.node {
            Node::Constant { .. } | Node::Input { .. } => None,
            Node::Call(call) => call.arguments.iter().find_map(Self::fault),
            Node::Logic { sides, .. } => sides.iter().find_map(Self::fault),
            Node::Case(case) => {
                let branches = &case.branches;
                let of_branch =
                    branches.iter().find_map(|(when, then)| when.fault().or_else(|| then.fault()));
                of_branch.or_else(|| case.otherwise.fault())
            }
            Node::Coalesce(values) => values.iter().find_map(Self::fault),
        }
    }

    /// Whether it has a value in every row, because it only hands on others.
    pub(super) fn cannot_fail(&self) -> bool {
        match &self.node {
            Node::Constant { .. } | Node::Input { .. } => true,
            Node::Call(_) => false,
            Node::Logic { sides, .. } => sides.iter().all(Self::cannot_fail),
            Node::Case(case) => {
                let mut branches = case.branches.iter();
                case.otherwise.cannot_fail()
                    && branches.all(|(condition, result)| condition.cannot_fail() && result.cannot_fail())
            }
            Node::Coalesce(values) => values.iter().all(Self::cannot_fail),
        }
    }

    pub(super) fn is_untyped(&self) -> bool {
        matches!(self.node, Node::Constant { untyped: true, .. }) || self.ty == Type::Null
    }

    /// The text of a constant that holds one.
    pub(super) fn constant_text(&self) -> Option<String> {
        let value = self.constant()?;
        (self.ty == Type::Text && value.is_valid(0)).then(|| match value.data_type() {
            DataType::Utf8 => value.as_string::<i32>().value(0).to_owned(),
            _ => Value::scalar(value)
                .plain()
                .map_or(String::new(), |v| v.array().as_string::<i32>().value(0).into()),
        })
    }

    fn collect_inputs(&self, slots: &mut BTreeSet<usize>) {
        match &self.node {
            Node::Constant { .. } => {}
            Node::Input { slot, .. } => {
                slots.insert(*slot);
            }
            Node::Call(call) => call.arguments.iter().for_each(|argument| argument.collect_inputs(slots)),
            Node::Logic { sides, .. } => sides.iter().for_each(|side| side.collect_inputs(slots)),
            Node::Case(case) => {
                for (condition, result) in &case.branches {
                    condition.collect_inputs(slots);
                    result.collect_inputs(slots);
                }
                case.otherwise.collect_inputs(slots);
            }
            Node::Coalesce(values) => values.iter().for_each(|value| value.collect_inputs(slots)),
        }
    }

    pub(super) fn eval(&self, inputs: &[ArrayRef], rows: usize) -> Result<Value, String> {
        match &self.node {
            Node::Constant { value, .. } => Ok(Value::scalar(value.clone())),
            Node::Input { slot, .. } => Ok(input(inputs[*slot].clone())?),
            Node::Call(call) => call.eval(inputs, rows, &self.ty),
            Node::Logic { connective, sides } => eval_logic(*connective, sides, inputs, rows),
            Node::Case(case) => case.eval(inputs, rows, &self.ty),
            Node::Coalesce(values) => eval_coalesce(values, inputs, rows, &self.ty),
        }
    }

    /// The values of the rows that `wanted` selects; other rows may hold anything and never fail.
    ///
    /// Computing all rows at once is fastest and mostly right. Only when some row fails are the wanted ones computed
    /// apart, to tell whether it was one of them.
    fn eval_where(&self, wanted: &BooleanBuffer, inputs: &[ArrayRef], rows: usize) -> Result<Value, String> {
        match self.eval(inputs, rows) {
            Ok(value) => Ok(value),
            Err(error) if wanted.count_set_bits() == rows => Err(error),
            Err(_) => {
                let wanted_rows = wanted.count_set_bits();
                if wanted_rows == 0 {
                    return Ok(Value::null(&self.ty.arrow()));
                }
                let mask = BooleanArray::new(wanted.clone(), None);
                let mut narrowed: Vec<ArrayRef> = inputs.to_vec();
                for slot in self.inputs() {
                    narrowed[slot] = filter(&inputs[slot], &mask).map_err(|e| e.to_string())?;
                }
                let dense = self.eval(&narrowed, wanted_rows)?;
                if dense.is_scalar() {
                    return Ok(dense);
                }
                let mut back = vec![None; rows];
                for (position, row) in wanted.set_indices().enumerate() {
                    back[row] = i32::try_from(position).ok();
                }
                take(dense.array(), &Int32Array::from(back), None)
                    .map(Value::Array)
                    .map_err(|e| e.to_string())
            }
        }
    }
}

/// An input as evaluators expect it: the values of a dictionary hold no NULL.
fn input(array: ArrayRef) -> Result<Value, String> {
    match array.as_any_dictionary_opt() {
        Some(dictionary) if dictionary.values().null_count() > 0 => Value::Array(array).plain(),
        _ => Ok(Value::Array(array)),
    }
}

impl Call {
    fn eval(&self, inputs: &[ArrayRef], rows: usize, ty: &Type) -> Result<Value, String> {
        let mut values = Vec::with_capacity(self.arguments.len());
        for argument in &self.arguments {
            values.push(argument.eval(inputs, rows)?);
        }
        // All are worked out first: whether one fails must not depend on the rows that stand together.
        if self.contract == Contract::Strict && values.iter().any(Value::is_null_scalar) {
            return Ok(Value::null(&ty.arrow()));
        }
        if self.contract == Contract::Strict
            && let Some(value) = self.eval_per_distinct_value(&values, rows)
        {
            return value;
        }
        if self.contract != Contract::Native {
            values = values.into_iter().map(Value::plain).collect::<Result<_, _>>()?;
        }
        if values.iter().all(Value::is_scalar) {
            return Ok(Value::scalar((self.run)(&values, 1)?));
        }
        Ok(Value::Array((self.run)(&values, rows)?))
    }

    /// A strict call on one dictionary beside scalars: its values are computed once each and keys kept. `None` when
    /// the call is of another kind, or a value fails that perhaps no row uses.
    fn eval_per_distinct_value(&self, values: &[Value], rows: usize) -> Option<Result<Value, String>> {
        let mut arrays = values.iter().enumerate().filter(|(_, value)| !value.is_scalar());
        let (at, Value::Array(array)) = arrays.next()? else { return None };
        let dictionary = array.as_dictionary_opt::<Int32Type>()?;
        let distinct = dictionary.values().len();
        if arrays.next().is_some() || distinct > rows {
            return None;
        }
        let mut arguments = values.to_vec();
        arguments[at] = Value::Array(dictionary.values().clone());
        let arguments = arguments.into_iter().map(Value::plain).collect::<Result<Vec<_>, _>>().ok()?;
        let results = (self.run)(&arguments, distinct).ok()?;
        Some(spread(dictionary, results))
    }
}

/// Hands the results for the values of a dictionary out to its rows.
fn spread(dictionary: &DictionaryArray<Int32Type>, results: ArrayRef) -> Result<Value, String> {
    let whole = results.null_count() == 0;
    match results.data_type() {
        DataType::Utf8 if whole => Ok(Value::Array(Arc::new(dictionary.with_values(results)))),
        DataType::Boolean if whole => {
            let (flags, keys) = (results.as_boolean().values(), dictionary.keys());
            // A key of a row that is NULL may be anything.
            let flag = |row: usize| keys.values().get(row).is_some_and(|key| flag_at(flags, *key));
            let bits = BooleanBuffer::collect_bool(keys.len(), flag);
            Ok(Value::Array(Arc::new(BooleanArray::new(bits, keys.nulls().cloned()))))
        }
        _ => take(&results, dictionary.keys(), None).map(Value::Array).map_err(|e| e.to_string()),
    }
}

fn flag_at(flags: &BooleanBuffer, key: i32) -> bool {
    let key = key as usize;
    key < flags.len() && flags.value(key)
}

fn eval_logic(
    connective: Connective,
    [left, right]: &[Expression; 2],
    inputs: &[ArrayRef],
    rows: usize,
) -> Result<Value, String> {
    let left = truth(left.eval(inputs, rows)?, rows)?;
    // Rows that the left side settles: false for `and`, true for `or`.
    let settled = match connective {
        Connective::And => &holds(&left_not(&left)?),
        Connective::Or => &holds(&left),
    };
    let open = !settled;
    if open.count_set_bits() == 0 {
        return Ok(Value::Array(Arc::new(left)));
    }
    let right = truth(right.eval_where(&open, inputs, rows)?, rows)?;
    let result = match connective {
        Connective::And => arrow::compute::and_kleene(&left, &right),
        Connective::Or => arrow::compute::or_kleene(&left, &right),
    };
    result.map(|array| Value::Array(Arc::new(array))).map_err(|e| e.to_string())
}

fn left_not(left: &BooleanArray) -> Result<BooleanArray, String> {
    arrow::compute::not(left).map_err(|e| e.to_string())
}

/// A truth value per row.
fn truth(value: Value, rows: usize) -> Result<BooleanArray, String> {
    Ok(value.into_array(rows)?.as_boolean().clone())
}

/// The rows that are true, neither false nor NULL.
fn holds(array: &BooleanArray) -> BooleanBuffer {
    match array.nulls() {
        Some(nulls) => array.values() & nulls.inner(),
        None => array.values().clone(),
    }
}

impl Case {
    pub(super) fn new(branches: Vec<(Expression, Expression)>, otherwise: Expression) -> Self {
        let results = branches.iter().map(|(_, result)| result).chain([&otherwise]);
        let constants = ConstantTexts::of(results);
        Self { branches, otherwise, constants }
    }

    fn eval(&self, inputs: &[ArrayRef], rows: usize, ty: &Type) -> Result<Value, String> {
        let mut open = BooleanBuffer::new_set(rows);
        let mut results = Vec::new();
        let mut choice: Vec<u32> = vec![0; rows];
        for (branch, (condition, result)) in self.branches.iter().enumerate() {
            let hit = &holds(&truth(condition.eval_where(&open, inputs, rows)?, rows)?) & &open;
            if hit.count_set_bits() == 0 {
                continue;
            }
            if self.constants.is_some() {
                hit.set_indices().for_each(|row| choice[row] = branch as u32);
            } else {
                let index = results.len() as u32;
                hit.set_indices().for_each(|row| choice[row] = index);
                results.push(result.eval_where(&hit, inputs, rows)?);
            }
            open = &open & &!&hit;
        }
        if let Some(constants) = &self.constants {
            open.set_indices().for_each(|row| choice[row] = self.branches.len() as u32);
            return Ok(constants.pick(&choice));
        }
        if open.count_set_bits() > 0 {
            let index = results.len() as u32;
            open.set_indices().for_each(|row| choice[row] = index);
            results.push(self.otherwise.eval_where(&open, inputs, rows)?);
        }
        choose(results, &choice, ty)
    }
}

fn eval_coalesce(
    values: &[Expression],
    inputs: &[ArrayRef],
    rows: usize,
    ty: &Type,
) -> Result<Value, String> {
    let mut open = BooleanBuffer::new_set(rows);
    let mut results = Vec::new();
    let mut choice: Vec<u32> = vec![0; rows];
    for value in values {
        let result = value.eval_where(&open, inputs, rows)?;
        let hit = match (result.nulls(), result.is_scalar()) {
            (None, _) => open.clone(),
            (Some(_), true) => continue,
            (Some(nulls), false) => &open & nulls.inner(),
        };
        let index = results.len() as u32;
        hit.set_indices().for_each(|row| choice[row] = index);
        results.push(result);
        open = &open & &!&hit;
        if open.count_set_bits() == 0 {
            return choose(results, &choice, ty);
        }
    }
    let index = results.len() as u32;
    open.set_indices().for_each(|row| choice[row] = index);
    results.push(Value::null(&ty.arrow()));
    choose(results, &choice, ty)
}
