//! The body of an XForm: what a person sees.

use super::{
    Part, Writer, is_select, is_shown, is_table,
    model::stem,
    texts::{choice_id, choices_have_ids},
    xml::{Element, Inner},
};
use crate::questionnaire::{Kind, Metadatum, Question, Scale, Source};

impl Writer<'_> {
    pub fn body(&self) -> Element {
        let mut body = Element::new("h:body");
        if !self.form.style.is_empty() {
            body.set("class", self.form.style.as_str());
        }
        self.controls(0, &mut body);
        body
    }

    fn controls(&self, group: u32, within: &mut Element) {
        for part in self.parts(group) {
            match part {
                Part::TableLabel(group) => {
                    let said = self.label(group).into_iter().chain(self.hint(group));
                    within.push(Element::new("input").with("ref", self.path_of(part)).containing(said));
                }
                Part::TableHeader(select) => {
                    let mut header = Element::new(control_name(self.question(select)));
                    header.set("ref", self.path_of(part));
                    header.set("appearance", "label");
                    header.push(Element::new("label"));
                    self.add_choices(select, &mut header);
                    within.push(header);
                }
                Part::Question(number) => match self.question(number).kind {
                    Kind::Group => within.push(self.group(number)),
                    Kind::Repeat => within.push(self.repeat(number)),
                    _ if is_shown(self.question(number)) => within.push(self.control(number)),
                    _ => {}
                },
            }
        }
    }

    fn group(&self, number: u32) -> Element {
        let question = self.question(number);
        let mut group = Element::new("group").with("ref", self.path(number));
        let table = is_table(question);
        let mut appearance: Vec<&str> = question.appearance.iter().map(String::as_str).collect();
        if table {
            appearance.retain(|it| *it != "table-list");
            appearance.insert(0, "field-list");
        }
        if !appearance.is_empty() {
            group.set("appearance", self.with_references(&appearance.join(" "), number));
        }
        self.keep("body::", number, &mut group);
        if !table && !self.is_mute(number) {
            self.label(number).into_iter().for_each(|it| group.push(it));
        }
        self.controls(number, &mut group);
        group
    }

    fn repeat(&self, number: u32) -> Element {
        let question = self.question(number);
        let mut repeat = Element::new("repeat").with("nodeset", self.path(number));
        if let Some(count) = &question.logic.repeat_count {
            repeat.set("jr:count", self.expression(count, number));
        }
        if !question.appearance.is_empty() {
            repeat.set("appearance", self.with_references(&question.appearance.join(" "), number));
        }
        self.keep("body::", number, &mut repeat);
        self.controls(number, &mut repeat);
        for it in self.form.within(number).skip(1) {
            if self.form.repeat_of(it) == Some(number)
                && let Some(default) = &self.question(it).logic.default
            {
                let action = Element::new("setvalue").with("ref", self.path(it));
                let value = self.expression(default, it);
                repeat.push(action.with("event", "odk-new-repeat").with("value", value));
            }
        }
        let mut group = Element::new("group").with("ref", self.path(number));
        if !self.is_mute(number) {
            self.label(number).into_iter().for_each(|it| group.push(it));
        }
        group.containing([repeat])
    }

    fn control(&self, number: u32) -> Element {
        let question = self.question(number);
        let mut control = Element::new(control_name(question)).with("ref", self.path(number));
        if let Some(kind) = media_type(&question.kind) {
            control.set("mediatype", kind);
        }
        self.appearance(number, &mut control);
        for (name, value) in parameters(question) {
            control.set(name, value);
        }
        self.keep("body::", number, &mut control);
        control.push(self.label(number).unwrap_or_else(|| Element::new("label")));
        self.hint(number).into_iter().for_each(|it| control.push(it));
        self.add_choices(number, &mut control);
        for action in self.triggered_actions(number) {
            control.push(action);
        }
        control
    }

    fn appearance(&self, number: u32, control: &mut Element) {
        let question = self.question(number);
        // A row of a table shows no words of its choices: they stand above.
        if is_select(&question.kind) && is_table(self.question(question.parent)) {
            control.set("appearance", "list-nolabel");
        } else if !question.appearance.is_empty() {
            control.set("appearance", self.with_references(&question.appearance.join(" "), number));
        }
    }

    /// What is done when a question's answer changes.
    fn triggered_actions(&self, trigger: u32) -> Vec<Element> {
        let triggered = self.form.numbers().filter(|it| self.question(*it).triggers.contains(&trigger));
        let actions = triggered.map(|number| {
            let question = self.question(number);
            let place = question.kind == Kind::Metadata(Metadatum::BackgroundGeopoint);
            let name = if place { "odk:setgeopoint" } else { "setvalue" };
            let action =
                Element::new(name).with("ref", self.path(number)).with("event", "xforms-value-changed");
            match &question.logic.calculation {
                Some(it) if !place => action.with("value", self.expression(it, number)),
                _ => action,
            }
        });
        actions.collect()
    }

    fn add_choices(&self, number: u32, control: &mut Element) {
        let question = self.question(number);
        let list = match (&question.kind, question.kind.choices().map(|it| &it.from)) {
            (Kind::Range(_), _) => question.parameters.get("tick_labelset").cloned(),
            (Kind::Geopoint | Kind::Geotrace | Kind::Geoshape, _) => {
                question.parameters.get("reference-geometry").cloned()
            }
            (_, Some(Source::List(list) | Source::File(list))) => Some(list.clone()),
            (_, Some(Source::Question(chosen))) => {
                if let Some(chosen) = self.form.named(chosen) {
                    control.push(self.turns_to_choose(number, chosen));
                }
                return;
            }
            (_, None) => None,
        };
        let Some(list) = list else { return };
        if self.is_searched(&list) && searches(question) {
            for item in self.items(&list) {
                control.push(item);
            }
            return;
        }
        let file = matches!(question.kind.choices().map(|it| &it.from), Some(Source::File(_)));
        let with_ids = !file && self.form.lists.get(&list).is_some_and(choices_have_ids);
        let (mut value, mut label) = ("name", if with_ids { "jr:itext(itextId)" } else { "label" });
        if file {
            if list.ends_with(".geojson") {
                (value, label) = ("id", "title");
            }
            value = question.parameters.get("value").map_or(value, String::as_str);
            label = question.parameters.get("label").map_or(label, String::as_str);
        }
        let table = if file { stem(&list) } else { &list };
        let nodes = self.thinned_out(&format!("instance('{table}')/root/item"), number);
        control.push(itemset(&nodes, value, label));
    }

    /// Choices that are answers given in turns of a repeat.
    fn turns_to_choose(&self, number: u32, chosen: u32) -> Element {
        let name = &self.question(chosen).name;
        let mut nodes = self.turns(chosen, number);
        if self.question(number).logic.choice_filter.is_none() {
            nodes.push_str(&format!("[./{name} != '']"));
        }
        itemset(&self.thinned_out(&nodes, number), name, name)
    }

    /// The nodes that a question's filter lets through, in the order that it asks for.
    fn thinned_out(&self, nodes: &str, number: u32) -> String {
        let question = self.question(number);
        let filter = question.logic.choice_filter.as_ref().map(|it| format!("[{}]", self.filter(it, number)));
        let nodes = format!("{nodes}{}", filter.unwrap_or_default());
        if question.parameters.get("randomize").is_none_or(|it| it != "true") {
            return nodes;
        }
        match question.parameters.get("seed") {
            None => format!("randomize({nodes})"),
            Some(seed) => format!("randomize({nodes}, {})", self.with_references(seed, number)),
        }
    }

    /// Whether a question looks for the choices of a list in a file as they are needed.
    pub fn is_searched(&self, list: &str) -> bool {
        let of_list = |it: &&Question| matches!(it.kind.choices().map(|it| &it.from), Some(Source::List(it)) if it == list);
        self.form.questions.iter().filter(of_list).any(searches)
    }

    /// The choices of a list in full: the first of them says where to look.
    fn items(&self, name: &str) -> Vec<Element> {
        let Some(list) = self.form.lists.get(name) else { return Vec::new() };
        let with_ids = choices_have_ids(list);
        let items = list.choices.iter().enumerate().map(|(place, choice)| {
            let label = Element::new("label");
            let label = if with_ids {
                label.with("ref", format!("jr:itext('{}')", choice_id(name, place)))
            } else {
                label.saying(choice.label.get("").cloned().map(Inner::Text))
            };
            let value = Element::new("value").saying([Inner::Text(choice.name.clone())]);
            Element::new("item").containing([label, value])
        });
        items.collect()
    }
}

fn searches(question: &Question) -> bool {
    question.appearance.iter().any(|it| it.starts_with("search("))
}

fn itemset(nodes: &str, value: &str, label: &str) -> Element {
    let refers = |name: &str, to: &str| Element::new(name).with("ref", to);
    Element::new("itemset")
        .with("nodeset", nodes)
        .containing([refers("value", value), refers("label", label)])
}

fn control_name(question: &Question) -> &'static str {
    match question.kind {
        Kind::SelectOne(_) => "select1",
        Kind::SelectMultiple(_) => "select",
        Kind::Rank(_) => "odk:rank",
        Kind::Range(_) => "range",
        Kind::Acknowledge => "trigger",
        Kind::Image | Kind::Audio | Kind::Video | Kind::File => "upload",
        Kind::Group => "group",
        Kind::Repeat => "repeat",
        Kind::Form
        | Kind::Text
        | Kind::Integer
        | Kind::Decimal
        | Kind::Date
        | Kind::Time
        | Kind::DateTime
        | Kind::Note
        | Kind::Barcode
        | Kind::Geopoint
        | Kind::Geotrace
        | Kind::Geoshape
        | Kind::Calculate
        | Kind::Hidden
        | Kind::Metadata(_) => "input",
    }
}

fn media_type(kind: &Kind) -> Option<&'static str> {
    match kind {
        Kind::Image => Some("image/*"),
        Kind::Audio => Some("audio/*"),
        Kind::Video => Some("video/*"),
        Kind::File => Some("application/*"),
        _ => None,
    }
}

/// Parameters that are attributes of the control.
fn parameters(question: &Question) -> Vec<(&'static str, String)> {
    let known: &[(&str, &'static str)] = match question.kind {
        Kind::Range(scale) => return range_parameters(scale, question),
        Kind::Text => &[("rows", "rows")],
        Kind::Image => &[("app", "intent")],
        Kind::Geopoint => &[
            ("capture-accuracy", "accuracyThreshold"),
            ("warning-accuracy", "unacceptableAccuracyThreshold"),
        ],
        Kind::Geotrace | Kind::Geoshape => &[("incremental", "incremental")],
        _ => &[],
    };
    let given = known.iter().filter_map(|(name, attribute)| {
        question.parameters.get(*name).map(|value| (*attribute, value.clone()))
    });
    given.collect()
}

fn range_parameters(scale: Scale, question: &Question) -> Vec<(&'static str, String)> {
    let bound = |name: &'static str, number| {
        let given = question.parameters.get(name).cloned();
        (name, given.unwrap_or_else(|| crate::expression::text_from_number(number)))
    };
    let mut parameters =
        vec![bound("start", scale.start), bound("end", scale.end), bound("step", scale.step)];
    for (name, attribute) in [("tick_interval", "odk:tick-interval"), ("placeholder", "odk:placeholder")] {
        parameters.extend(question.parameters.get(name).map(|it| (attribute, it.clone())));
    }
    parameters
}
