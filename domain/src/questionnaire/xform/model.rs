//! The model of an XForm: the record's nodes, tables, and what holds of each node.

use std::collections::BTreeMap;

use super::{
    Part, Writer,
    texts::{Itext, Words, choice_id, choices_have_ids},
    xml::{Element, Inner},
};
use crate::{
    expression::Expression,
    questionnaire::{ChoiceList, Kind, Metadatum, Question, Scale, Source},
};

impl Writer<'_> {
    pub fn model(&self, itext: &Itext<'_>) -> Element {
        let mut model = Element::new("model").with("odk:xforms-version", "1.0.0");
        for it in self.submission().into_iter().chain(itext.element(self)) {
            model.push(it);
        }
        model.push(Element::new("instance").containing([self.record()]));
        for it in self.tables() {
            model.push(it);
        }
        self.bind_all(0, &mut model);
        self.bind_meta(&mut model);
        model
    }

    /// Where and how a client sends records, if the form says that.
    fn submission(&self) -> Option<Element> {
        let setting = |name: &str| self.form.settings.get(name).cloned();
        let mut submission = Element::new("submission");
        if let Some(url) = setting("submission_url") {
            submission.set("action", url);
            submission.set("method", "post");
        }
        let client_editable = setting("client_editable").filter(|it| is_yes(it)).map(|_| "true".to_owned());
        let attributes = [
            ("base64RsaPublicKey", setting("public_key")),
            ("orx:auto-send", setting("auto_send")),
            ("orx:auto-delete", setting("auto_delete")),
            ("odk:client-editable", client_editable),
        ];
        for (name, value) in attributes {
            if let Some(value) = value {
                submission.set(name, value);
            }
        }
        (submission.n_attributes() > 0).then_some(submission)
    }

    /// The record with nothing but its defaults.
    fn record(&self) -> Element {
        let form = self.form;
        let mut record = self.node(0);
        record.set("id", form.id.as_str());
        if let Some(uri) = form.settings.get("instance_xmlns") {
            record.set("xmlns", uri.as_str());
        }
        if !form.version.is_empty() {
            record.set("version", form.version.as_str());
        }
        for (setting, value) in &form.settings {
            match (setting.as_str(), setting.strip_prefix("attribute::")) {
                (_, Some(attribute)) => record.set(attribute, value.as_str()),
                ("prefix" | "delimiter", None) => record.set(&format!("odk:{setting}"), value.as_str()),
                _ => {}
            }
        }
        self.nodes(0, Turns::Both, &mut record);
        let meta = self.meta();
        let about = Element::new("meta").containing(meta.iter().map(|(name, _)| Element::new(*name)));
        record.containing((!meta.is_empty()).then_some(about))
    }

    /// A node by itself.
    fn node(&self, number: u32) -> Element {
        let question = self.question(number);
        let mut node = Element::new(question.name.as_str());
        self.keep("instance::", number, &mut node);
        if let Some(default) = &question.default {
            let file = question.kind == Kind::Image && !default.contains("://");
            let default = if file { format!("jr://images/{default}") } else { default.clone() };
            node = node.saying([Inner::Text(default)]);
        }
        node
    }

    /// Attributes that the form has for other programs.
    pub fn keep(&self, place: &str, number: u32, element: &mut Element) {
        for (attribute, value) in &self.question(number).kept {
            if let Some(attribute) = attribute.strip_prefix(place) {
                element.set(attribute, self.with_references(value, number));
            }
        }
    }

    /// A text with paths in place of names, as attributes have it.
    pub fn with_references(&self, text: &str, number: u32) -> String {
        let inner = self.said(text, number).into_iter().map(|it| match it {
            Inner::Text(text) => text,
            Inner::Element(output) => output.value("value").to_owned(),
        });
        inner.collect()
    }

    fn nodes(&self, group: u32, turns: Turns, within: &mut Element) {
        for part in self.parts(group) {
            let Part::Question(number) = part else {
                within.push(Element::new(self.name_of(part)));
                continue;
            };
            if self.question(number).kind == Kind::Repeat {
                if turns != Turns::Plain {
                    let mut pattern = self.node(number).with("jr:template", "");
                    self.nodes(number, Turns::Pattern, &mut pattern);
                    within.push(pattern);
                }
                if turns == Turns::Pattern {
                    continue;
                }
            }
            let inner = if self.question(number).kind == Kind::Repeat { Turns::Plain } else { turns };
            let mut node = self.node(number);
            self.nodes(number, inner, &mut node);
            within.push(node);
        }
    }

    /// Tables that expressions read: lists of choices, attached files, the record that was finished last.
    fn tables(&self) -> Vec<Element> {
        let mut tables: BTreeMap<String, Element> = BTreeMap::new();
        for (name, list) in &self.form.lists {
            if !self.is_file(name) && !self.is_searched(name) {
                tables.insert(name.clone(), list_table(name, list));
            }
        }
        let mut add = |name: &str, source: String| {
            tables.insert(name.to_owned(), Element::new("instance").with("id", name).with("src", source));
        };
        for question in &self.form.questions {
            if let Some(Source::File(file)) = question.kind.choices().map(|it| &it.from) {
                add(stem(file), file_address(file));
            }
            for expression in question.logic.all() {
                for table in expression.tables_of("pulldata") {
                    add(table, file_address(&format!("{table}.csv")));
                }
                if expression.reads_last_saved() {
                    add("__last-saved", "jr://instance/last-saved".to_owned());
                }
            }
        }
        for file in &self.form.attached {
            add(stem(file), file_address(file));
        }
        tables.into_values().collect()
    }

    fn bind_all(&self, group: u32, model: &mut Element) {
        for part in self.parts(group) {
            match part {
                Part::Question(number) => {
                    let bind = self.bind(number);
                    // A group of which nothing holds needs none.
                    if !self.question(number).kind.is_group() || bind.n_attributes() > 1 {
                        model.push(bind);
                    }
                    for action in self.first_actions(number) {
                        model.push(action);
                    }
                    self.bind_all(number, model);
                }
                Part::TableLabel(_) => {
                    let bind = Element::new("bind").with("nodeset", self.path_of(part));
                    model.push(bind.with("type", "string").with("readonly", "true()"));
                }
                Part::TableHeader(_) => {
                    let bind = Element::new("bind").with("nodeset", self.path_of(part));
                    model.push(bind.with("type", "string"));
                }
            }
        }
    }

    /// What holds of a question's node.
    fn bind(&self, number: u32) -> Element {
        let question = self.question(number);
        let mut bind = Element::new("bind").with("nodeset", self.path(number));
        for (name, value) in type_of(question) {
            bind.set(name, value);
        }
        let logic = &question.logic;
        let calculation = logic.calculation.as_ref().filter(|_| question.triggers.is_empty());
        if question.implied && question.kind == Kind::Calculate {
            bind.set("readonly", "true()");
        }
        let expressions = [
            ("readonly", logic.read_only.as_ref()),
            ("required", logic.required.as_ref()),
            ("relevant", logic.relevant.as_ref()),
            ("constraint", logic.constraint.as_ref()),
            ("calculate", calculation),
        ];
        for (name, expression) in expressions {
            if let Some(expression) = expression {
                bind.set(name, self.expression(expression, number));
            }
        }
        for words in [Words::ConstraintMessage, Words::RequiredMessage] {
            let name = if words == Words::RequiredMessage { "jr:requiredMsg" } else { "jr:constraintMsg" };
            self.message(number, words).into_iter().for_each(|it| bind.set(name, it));
        }
        for (name, value) in parameters(question) {
            bind.set(&name, value);
        }
        self.keep("bind::", number, &mut bind);
        bind
    }

    /// What is done once, when the record begins.
    fn first_actions(&self, number: u32) -> Vec<Element> {
        let question = self.question(number);
        let action = |name: &str| Element::new(name).with("ref", self.path(number));
        let mut actions = Vec::new();
        if let Some(default) = &question.logic.default {
            let value = self.expression(default, number);
            actions.push(action("setvalue").with("event", "odk-instance-first-load").with("value", value));
        }
        match question.kind {
            Kind::Metadata(Metadatum::StartGeopoint) => {
                actions.push(action("odk:setgeopoint").with("event", "odk-instance-first-load"));
            }
            Kind::Metadata(Metadatum::BackgroundAudio) => {
                let mut record = action("odk:recordaudio").with("event", "odk-instance-load");
                if let Some(quality) = question.parameters.get("quality") {
                    record.set("odk:quality", quality.as_str());
                }
                actions.push(record);
            }
            _ => {}
        }
        actions
    }

    /// What is noted about the record as a whole, each with its bind.
    fn meta(&self) -> Vec<(&'static str, Element)> {
        let bind = |name: &str| {
            let path = format!("{}/meta/{name}", self.path(0));
            Element::new("bind").with("nodeset", path)
        };
        let mut meta = Vec::new();
        for number in self.form.numbers() {
            if self.question(number).kind == Kind::Metadata(Metadatum::Audit) {
                let mut audit = bind("audit").with("type", "binary");
                for (name, value) in parameters(self.question(number)) {
                    audit.set(&name, value);
                }
                meta.push(("audit", audit));
            }
        }
        let settings = &self.form.settings;
        if !settings.get("omit_instanceid").is_some_and(|it| is_yes(it)) {
            let preload = settings.get("instance_id").map_or("uid", String::as_str);
            let id = bind("instanceID").with("type", "string").with("readonly", "true()");
            meta.push(("instanceID", id.with("jr:preload", preload)));
        }
        if let Some(name) = &self.form.instance_name {
            let name = self.expression(name, 0);
            meta.push(("instanceName", bind("instanceName").with("type", "string").with("calculate", name)));
        }
        meta
    }

    fn bind_meta(&self, model: &mut Element) {
        for (_, bind) in self.meta() {
            model.push(bind);
        }
    }
}

/// Which turns of a repeat a record begins with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Turns {
    /// The pattern of a new one, and the first.
    Both,
    Pattern,
    Plain,
}

fn is_yes(setting: &str) -> bool {
    super::super::xlsform::is_yes(setting) == Some(true)
}

fn list_table(name: &str, list: &ChoiceList) -> Element {
    let with_ids = choices_have_ids(list);
    let text = |name: &str, text: &str| Element::new(name).saying([Inner::Text(text.to_owned())]);
    let items = list.choices.iter().enumerate().map(|(place, choice)| {
        let mut item = Element::new("item");
        if with_ids {
            item.push(text("itextId", &choice_id(name, place)));
        }
        item.push(text("name", &choice.name));
        if let Some(label) = choice.label.get("").filter(|_| !with_ids) {
            item.push(text("label", label));
        }
        // A column whose header cannot be a node is of use to no expression.
        let more = choice.more.iter().filter(|(column, _)| crate::expression::is_name(column));
        item.containing(more.map(|(column, cell)| text(column, cell)))
    });
    Element::new("instance").with("id", name).containing([Element::new("root").containing(items)])
}

/// A file's name without its ending.
pub(super) fn stem(file: &str) -> &str {
    file.rsplit_once('.').map_or(file, |(stem, _)| stem)
}

fn file_address(file: &str) -> String {
    let folder = if file.ends_with(".csv") { "file-csv" } else { "file" };
    format!("jr://{folder}/{file}")
}

/// The type of a node, and what fills it by itself.
fn type_of(question: &Question) -> Vec<(&'static str, &'static str)> {
    let preload = |kind, preload, parameter| {
        vec![("type", kind), ("jr:preload", preload), ("jr:preloadParams", parameter)]
    };
    let kind = match &question.kind {
        Kind::Form | Kind::Group | Kind::Repeat => return Vec::new(),
        Kind::Note => return vec![("type", "string"), ("readonly", "true()")],
        Kind::Integer => "int",
        Kind::Decimal => "decimal",
        Kind::Range(scale) => range_type(*scale, question),
        Kind::Date => "date",
        Kind::Time => "time",
        Kind::DateTime => "dateTime",
        Kind::Rank(_) => "odk:rank",
        Kind::Image | Kind::Audio | Kind::Video | Kind::File => "binary",
        Kind::Barcode => "barcode",
        Kind::Geopoint => "geopoint",
        Kind::Geotrace => "geotrace",
        Kind::Geoshape => "geoshape",
        Kind::Text
        | Kind::SelectOne(_)
        | Kind::SelectMultiple(_)
        | Kind::Acknowledge
        | Kind::Calculate
        | Kind::Hidden => "string",
        Kind::Metadata(it) => match it {
            Metadatum::Start => return preload("dateTime", "timestamp", "start"),
            Metadatum::End => return preload("dateTime", "timestamp", "end"),
            Metadatum::Today => return preload("date", "date", "today"),
            Metadatum::DeviceId => return preload("string", "property", "deviceid"),
            Metadatum::Username => return preload("string", "property", "username"),
            Metadatum::PhoneNumber => return preload("string", "property", "phonenumber"),
            Metadatum::Email => return preload("string", "property", "email"),
            Metadatum::SimSerial => return preload("string", "property", "simserial"),
            Metadatum::SubscriberId => return preload("string", "property", "subscriberid"),
            Metadatum::StartGeopoint | Metadatum::BackgroundGeopoint => "geopoint",
            Metadatum::BackgroundAudio | Metadatum::Audit => "binary",
        },
    };
    vec![("type", kind)]
}

fn range_type(scale: Scale, question: &Question) -> &'static str {
    let further = ["tick_interval", "placeholder"].iter().filter_map(|it| question.parameters.get(*it));
    let further = further.map(|it| crate::expression::number_from_text(it));
    let mut numbers = [scale.start, scale.end, scale.step].into_iter().chain(further);
    if numbers.all(|it| it.fract() == 0.0) { "int" } else { "decimal" }
}

/// Parameters that are attributes of the bind.
fn parameters(question: &Question) -> Vec<(String, String)> {
    let known: &[(&str, &str)] = match question.kind {
        Kind::Image => &[("max-pixels", "orx")],
        Kind::Audio => &[("quality", "odk")],
        Kind::Geopoint | Kind::Geotrace | Kind::Geoshape => &[("allow-mock-accuracy", "odk")],
        Kind::Metadata(Metadatum::Audit) => &[
            ("track-changes", "odk"),
            ("track-changes-reasons", "odk"),
            ("identify-user", "odk"),
            ("location-priority", "odk"),
            ("location-min-interval", "odk"),
            ("location-max-age", "odk"),
        ],
        _ => &[],
    };
    let given = known.iter().filter_map(|(name, prefix)| {
        question.parameters.get(*name).map(|value| (format!("{prefix}:{name}"), value.clone()))
    });
    given.collect()
}

impl crate::questionnaire::Logic {
    /// All expressions that there are.
    fn all(&self) -> impl Iterator<Item = &Expression> {
        let all = [
            &self.relevant,
            &self.required,
            &self.constraint,
            &self.calculation,
            &self.read_only,
            &self.choice_filter,
            &self.repeat_count,
            &self.default,
        ];
        all.into_iter().flatten()
    }
}
