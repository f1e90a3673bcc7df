//! Text: templates, words, sentences, characters.

use std::sync::Arc;

use super::{Address, Made, invalid, threshold};
use crate::error::{Fault, did_you_mean};
use crate::expression::{Source, Template};
use crate::model::Recipe;
use crate::model::arguments::Arguments;
use crate::model::recipe::{Affix, BytesContent, Length, TextLaw, Vocabulary};
use crate::model::resolve::Resolver;
use crate::model::scope::TableScope;
use crate::model::words;
use crate::random::Weighted;
use crate::types::Type;

/// The longest generated text, in characters.
const MAX_LENGTH: i64 = 1 << 15;

impl Resolver<'_> {
    pub(super) fn text_generator(
        &mut self,
        t: usize,
        name: &str,
        arguments: &Arguments,
        address: &Address,
    ) -> Result<Made, Fault> {
        if name == "text" {
            return self.template(t, arguments);
        }
        if name == "bytes" {
            return self.bytes(arguments, address);
        }
        let law = match name {
            "word" => TextLaw::Word(self.vocabulary(arguments)?),
            "words" => {
                let length = self.length(arguments.required("length")?, "length", MAX_LENGTH)?;
                TextLaw::Words {
                    vocabulary: self.vocabulary(arguments)?,
                    length,
                    phrases: self.phrases(arguments, length)?,
                }
            }
            "sentence" => {
                let words =
                    arguments.get("words").map(|node| self.length(node, "words", 1000)).transpose()?;
                TextLaw::Sentence { words: at_least_one(words.unwrap_or(Length { from: 5, to: 12 })) }
            }
            "paragraph" => {
                let sentences =
                    arguments.get("sentences").map(|node| self.length(node, "sentences", 100)).transpose()?;
                TextLaw::Paragraph { sentences: at_least_one(sentences.unwrap_or(Length { from: 3, to: 6 })) }
            }
            "characters" => {
                let length = self.length(arguments.required("length")?, "length", MAX_LENGTH)?;
                let alphabet: Arc<[char]> = match arguments.word("alphabet")? {
                    Some(key) => key.text.chars().collect(),
                    None => ('A'..='Z').chain('a'..='z').chain('0'..='9').collect(),
                };
                if alphabet.is_empty() {
                    let span = arguments.required("alphabet")?.span;
                    return Err(Fault::at(span, "`alphabet`: expected at least one character"));
                }
                TextLaw::Characters { alphabet, length }
            }
            "product" => TextLaw::Product,
            _ => TextLaw::UserAgent,
        };
        let dictionary = matches!(law, TextLaw::Word(_) | TextLaw::UserAgent);
        let recipe = Recipe::Text { stream: address.stream(name, "value"), law };
        Ok(Made { dictionary, ..Made::new(recipe, Type::Text) })
    }

    fn bytes(&self, arguments: &Arguments, address: &Address) -> Result<Made, Fault> {
        let length = self.length(arguments.required("length")?, "length", MAX_LENGTH)?;
        let content = match arguments.word("content")? {
            None => BytesContent::Random,
            Some(key) => match key.text.as_str() {
                "random" => BytesContent::Random,
                "zeros" => BytesContent::Zeros,
                "text" => BytesContent::Text(words::english()),
                other => {
                    return Err(Fault::at(key.span, format!("`content`: unknown content `{other}`"))
                        .label("expected `random`, `text` or `zeros`")
                        .maybe_hint(did_you_mean(other, ["random", "text", "zeros"])));
                }
            },
        };
        let recipe = Recipe::Bytes { stream: address.stream("bytes", "value"), length, content };
        Ok(Made::new(recipe, Type::Bytes))
    }

    fn template(&mut self, t: usize, arguments: &Arguments) -> Result<Made, Fault> {
        let node = arguments.required("template")?;
        let scalar = node.scalar().ok_or_else(|| {
            Fault::at(node.span, "`text`: expected text with `{expressions}`")
                .label(format!("found {}", node.describe()))
        })?;
        let source = Source { text: &scalar.text, span: node.span, exact: scalar.exact };
        let mut scope = TableScope::new(self, t);
        let template = Template::compile(&source, &mut scope)?;
        let inputs = scope.inputs;
        let nullable = template.nullable();
        Ok(Made { nullable, ..Made::new(Recipe::Template { template, inputs }, Type::Text) })
    }

    fn vocabulary(&self, arguments: &Arguments) -> Result<Vocabulary, Fault> {
        let Some(node) = arguments.get("of") else { return Ok(words::english()) };
        let (keys, _, weights) = self.weights(node, "of")?;
        let law = match weights {
            Some(weights) => Some(Weighted::new(&weights).map_err(|e| invalid(node.span, "of", e))?),
            None => None,
        };
        if let Some(key) = keys.iter().find(|key| key.text.is_empty()) {
            return Err(Fault::at(key.span, "`of`: a word cannot be empty"));
        }
        Ok(Vocabulary::new(keys.iter().map(|key| key.text.as_str()), law))
    }

    fn phrases(&self, arguments: &Arguments, length: Length) -> Result<Vec<Affix>, Fault> {
        let Some(node) = arguments.get("phrases") else { return Ok(Vec::new()) };
        let entries = crate::scenario::map_of(node, "`phrases`", "a share per phrase")?;
        let (mut sum, mut phrases) = (0.0, Vec::new());
        for (key, share) in entries {
            sum += self.share(share, "phrases")?;
            if key.text.chars().count() as u64 > length.from {
                return Err(Fault::at(key.span, "a phrase must fit into the shortest text").label(format!(
                    "{} characters, the shortest text has {}",
                    key.text.chars().count(),
                    length.from
                )));
            }
            phrases
                .push(Affix { phrase: key.text.as_str().into(), threshold: threshold(f64::min(sum, 1.0)) });
        }
        if sum > 1.0 {
            return Err(Fault::at(node.span, "`phrases`: the shares add up to more than 100%"));
        }
        Ok(phrases)
    }
}

fn at_least_one(length: Length) -> Length {
    Length { from: length.from.max(1), to: length.to.max(1) }
}
