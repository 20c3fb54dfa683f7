//! A made-up county to try things out on: nine units, branches, accounts for every role, respondents
//! of each kind, three months of visits, issues, a meeting.
//!
//! Everything goes in through the API, as people put it in, so the demo can hold nothing that they could not.

mod clues;

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use anyhow::{Context, ensure};
use axum::{
    Router,
    body::Body,
    http::{Request, header},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use domain::{
    draft::{Beginning, Draft},
    id::{AccountId, AssignmentId, CampaignId, RecordId, RespondentId, UnitId},
    respondent::{Identity, RespondentKind},
    statement::Kind,
    visit::{Entered, Given, VisitForm},
};
use serde_json::{Value, json};
use tower::ServiceExt;
use uuid::Uuid;

use crate::{App, Clock, day, sorting, store};

/// Password of every demo account.
pub const PASSWORD: &str = "zoufang-demo";
/// The accounts that the console names, with what they are for.
pub const ACCOUNTS_SHOWN: [(&str, &str); 8] = [
    ("wang", "走访人员 visitor"),
    ("office", "综合办公室 office"),
    ("branch", "党支部 party branch"),
    ("section", "股室站所负责人 section head"),
    ("leader", "领导小组 leading group"),
    ("approver", "签发 approver"),
    ("discipline", "纪检监察组（密语也是它）discipline group, the passphrase too"),
    ("sysadmin", "系统管理员 administrator"),
];

const STATEMENTS: &str = include_str!("../demo/statements.tsv");
const RESPONDENTS: &str = include_str!("../demo/respondents.tsv");
/// The sections of the plan's fifth part, in its order; the office is made by the first link.
const SECTIONS: [&str; 8] = [
    "普法依法治理股",
    "行政复议审理与应诉股",
    "行政执法协调监督股",
    "人民参与和促进法治股",
    "公共法律服务股",
    "社区矫正暨安置帮教股",
    "公证处",
    "司法鉴定管理站",
];
const BRANCHES: [(&str, &str); 3] =
    [("机关第一党支部", "branch"), ("机关第二党支部", "branch"), ("律师行业", "trade")];
/// One visitor for each section, in the same order.
const VISITORS: [(&str, &str); 8] = [
    ("wang", "王小明"),
    ("liu", "刘芳"),
    ("zhao", "赵强"),
    ("sun", "孙丽"),
    ("qian", "钱伟"),
    ("zhou", "周敏"),
    ("wu", "吴军"),
    ("zheng", "郑洁"),
];
const DAYS: i64 = 90;
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
const HOUR_MS: i64 = 60 * 60 * 1_000;

/// Fills an empty data folder; `false` when there is something in it already.
///
/// # Errors
///
/// When the API refuses what the demo puts in, which would be a fault of the demo.
pub async fn fill(app: &App) -> anyhow::Result<bool> {
    let Some(token) = app.first_token().await? else { return Ok(false) };
    let now = app.now();
    let clock = Arc::new(AtomicI64::new(now - DAYS * DAY_MS));
    let moved = Arc::clone(&clock);
    let then =
        Clock { now: Arc::new(move || moved.load(Ordering::Relaxed)), random: app.clock.random.clone() };
    let world = Filling { app: App { clock: then, ..app.clone() }, clock, now };
    let office = world.set_up(&token).await?;
    world.lists(&office).await?;
    world.visits().await?;
    sorting::sort_waiting(&world.app).await?;
    world.office_work().await?;
    world.clues().await?;
    let mut db = app.db.write().await?;
    store::meta::set(&mut db, store::meta::DEMO, "here").await?;
    db.commit().await?;
    Ok(true)
}

/// Whether the data folder holds the demo, and so its accounts.
///
/// # Errors
///
/// The database's.
pub async fn is_here(app: &App) -> anyhow::Result<bool> {
    Ok(store::meta::get(&mut app.db.read().await?, store::meta::DEMO).await?.is_some())
}

struct Filling {
    app: App,
    clock: Arc<AtomicI64>,
    /// The real time at the start.
    now: i64,
}

/// Someone signed in.
struct Person {
    router: Router,
    cookie: String,
}

impl Person {
    async fn send(
        &self,
        method: &str,
        path: &str,
        body: Body,
        media_type: &str,
    ) -> anyhow::Result<(Value, String)> {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::CONTENT_TYPE, media_type)
            .header(header::COOKIE, &self.cookie)
            .header(header::HOST, "localhost")
            .body(body)?;
        let response = self.router.clone().oneshot(request).await?;
        let status = response.status();
        let cookie = response.headers().get(header::SET_COOKIE).and_then(|it| it.to_str().ok());
        let cookie = cookie.and_then(|it| it.split(';').next()).unwrap_or_default().to_owned();
        let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await?;
        ensure!(status.is_success(), "{method} {path}: {status} {}", String::from_utf8_lossy(&bytes));
        let value = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes)? };
        Ok((value, cookie))
    }

    async fn json(&self, method: &str, path: &str, body: &Value) -> anyhow::Result<Value> {
        Ok(self.send(method, path, Body::from(body.to_string()), "application/json").await?.0)
    }

    async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        self.json("POST", path, body).await
    }

    async fn get(&self, path: &str) -> anyhow::Result<Value> {
        Ok(self.send("GET", path, Body::empty(), "application/json").await?.0)
    }
}

fn id_of(value: &Value) -> anyhow::Result<Uuid> {
    Ok(value.as_str().context("an id")?.parse()?)
}

impl Filling {
    fn stranger(&self) -> Person {
        Person { router: crate::router(self.app.clone()), cookie: String::new() }
    }

    async fn sign_in(&self, login: &str) -> anyhow::Result<Person> {
        let stranger = self.stranger();
        let body = json!({"login": login, "password": PASSWORD}).to_string();
        let (_, cookie) =
            stranger.send("POST", "/api/v1/session", Body::from(body), "application/json").await?;
        Ok(Person { cookie, ..stranger })
    }

    async fn set_up(&self, token: &str) -> anyhow::Result<Person> {
        let first = json!({
            "token": token, "office_unit": "综合办公室",
            "sysadmin": {"login": "sysadmin", "name": "何静", "password": PASSWORD},
            "office": {"login": "office", "name": "张敏", "password": PASSWORD},
        });
        self.stranger().post("/api/v1/first-accounts", &first).await?;
        let sysadmin = self.sign_in("sysadmin").await?;
        let mut units = Vec::new();
        for (name, kind) in SECTIONS.map(|it| (it, "section")).into_iter().chain(BRANCHES) {
            units.push(
                sysadmin.post("/api/v1/units", &json!({"name": name, "kind": kind})).await?["id"].clone(),
            );
        }
        let others = [
            ("section", "陈股长", "section", 3_usize),
            ("branch", "李书记", "branch", 8),
            ("branch2", "黄书记", "branch", 9),
            ("lawyers", "秦会长", "branch", 10),
            ("approver", "马主任", "approver", 0),
            ("leader", "高局长", "leader", 0),
            ("discipline", "纪检组", "discipline", 0),
            ("secadmin", "安全管理员", "secadmin", 0),
            ("auditor", "审计管理员", "auditor", 0),
        ];
        let visitors = (0..).zip(VISITORS).map(|(n, (login, name))| (login, name, "visitor", n));
        for (login, name, role, unit) in visitors.chain(others) {
            let form = json!({"login": login, "name": name, "role": role, "unit": units[unit]});
            let made = sysadmin.post("/api/v1/accounts", &form).await?;
            self.own_password(made["path"].as_str().unwrap_or_default()).await?;
        }
        let office = self.sign_in("office").await?;
        let campaign = json!({
            "name": "作风建设大走访大讨论", "starts_on": day::of(self.now - DAYS * DAY_MS),
            "ends_on": day::of(self.now + 60 * DAY_MS),
            "notice": "我是县司法局的，想听听您对干部作风的意见，可以不留名；要录音先问您。",
            "phases": [
                {"name": "走访听取意见", "starts_on": day::of(self.now - DAYS * DAY_MS), "ends_on": day::of(self.now)},
                {"name": "大排查大讨论", "starts_on": day::of(self.now - 30 * DAY_MS), "ends_on": day::of(self.now + 30 * DAY_MS)},
                {"name": "整改提高", "starts_on": day::of(self.now), "ends_on": day::of(self.now + 60 * DAY_MS)},
            ],
        });
        office.json("PUT", "/api/v1/campaign", &campaign).await?;
        Ok(office)
    }

    /// Sets the own password by the link, as everyone does.
    async fn own_password(&self, path: &str) -> anyhow::Result<()> {
        let (_, hash) = path.split_once('#').context("a link")?;
        let (token, _) = domain::invitation::parts(hash).context("a link")?;
        let set = json!({"token": token, "password": PASSWORD});
        self.stranger().post("/api/v1/invitation/password", &set).await?;
        Ok(())
    }

    /// The respondents' list, and assignments for the days around today.
    async fn lists(&self, office: &Person) -> anyhow::Result<()> {
        let mut list = "类别,姓名,村,电话,住址\r\n".to_owned();
        for line in RESPONDENTS.lines() {
            let cells: Vec<&str> = line.split('\t').collect();
            let word = match cells[0] {
                "business" => "经营业主",
                "household" => "脱贫户",
                "retired_cadre" => "老干部职工",
                _ => "其他",
            };
            list += &format!("{word},{}\r\n", cells[1..].join(","));
        }
        office.send("POST", "/api/v1/respondents/import?take=true", Body::from(list), "text/csv").await?;
        let directory = office.get("/api/v1/respondents").await?;
        let ids: Vec<&Value> =
            directory["respondents"].as_array().context("a list")?.iter().map(|it| &it["id"]).collect();
        let units = office.get("/api/v1/units").await?;
        for (n, unit) in units.as_array().context("units")?.iter().skip(1).take(SECTIONS.len()).enumerate() {
            let theirs: Vec<&&Value> = ids.iter().skip(n * 5).take(5).collect();
            for (at, id) in theirs.iter().enumerate() {
                let offset = i64::try_from(at).unwrap_or(0) * 2 - 1;
                let assign = json!({
                    "respondents": [id], "unit": unit["id"], "due_on": day::of(self.now + offset * DAY_MS),
                });
                office.post("/api/v1/assignments", &assign).await?;
            }
        }
        Ok(())
    }

    /// Three months of visits, about three a working day.
    async fn visits(&self) -> anyhow::Result<()> {
        let said: Vec<Vec<&str>> = STATEMENTS.lines().map(|it| it.split('\t').collect()).collect();
        let mut turn = 0_usize;
        for (n, (login, name)) in VISITORS.into_iter().enumerate() {
            let mut respondents = Vec::new();
            for day in 0..DAYS {
                // Each unit goes out about twice a week, on days of its own.
                if (day + i64::try_from(n).unwrap_or(0) * 3) % 4 != 0 {
                    continue;
                }
                let at = self.now - (DAYS - day) * DAY_MS + 2 * HOUR_MS;
                self.clock.store(at + 3 * HOUR_MS, Ordering::Relaxed);
                let person = self.sign_in(login).await?;
                let session = person.get("/api/v1/session").await?;
                if respondents.is_empty() {
                    let page = person.get("/api/v1/changes").await?;
                    let changes = page["changes"].as_array().context("changes")?;
                    respondents = changes
                        .iter()
                        .filter(|it| it["kind"] == "respondent")
                        .map(|it| it["respondent"].clone())
                        .collect();
                }
                turn += 1;
                let respondent = &respondents[(turn * 7 + n) % respondents.len()];
                let visit = Telling { name, session: &session, respondent, at, turn };
                let mut draft = visit.draft(&self.app, &said)?;
                let envelopes: Vec<String> =
                    draft.freeze(at + HOUR_MS).into_iter().map(|it| STANDARD.encode(it.envelope)).collect();
                person.post("/api/v1/records/batch", &json!({"envelopes": envelopes})).await?;
            }
        }
        self.clock.store(self.now, Ordering::Relaxed);
        Ok(())
    }

    /// The office has sorted most of it; a few issues are with the branches, and one meeting was held.
    async fn office_work(&self) -> anyhow::Result<()> {
        let office = self.sign_in("office").await?;
        let mut cursor = String::new();
        let mut lines = Vec::new();
        loop {
            let page = office.get(&format!("/api/v1/queue?state=waiting{cursor}")).await?;
            lines.extend(page["lines"].as_array().context("lines")?.clone());
            match page["cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        let mut issues = Vec::new();
        // The latest are left to be sorted by whoever tries the demo.
        for line in lines.iter().skip(37) {
            let id = line["id"].as_str().context("an id")?;
            let item = office.get(&format!("/api/v1/queue/{id}")).await?;
            let code = item["suggestion"]["suggestions"][0]["code"].clone();
            let kind = &item["kind_said"];
            let act = if kind != "problem" {
                json!({"do": "sort", "kind": kind})
            } else if code.is_null() {
                continue;
            } else if let Some(issue) = item["alike"][0]["id"].as_str() {
                json!({"do": "join", "issue": issue, "category": code})
            } else if let Some((title, wording, _)) = ISSUES.iter().find(|it| it.2 == code) {
                json!({"do": "make_issue", "title": title, "wording": wording, "category": code})
            } else {
                json!({"do": "sort", "kind": "problem", "category": code})
            };
            let path = format!("/api/v1/queue/{id}/acts");
            let done = office.post(&path, &json!({"version": item["version"], "act": act})).await?;
            if act["do"] == "make_issue" {
                issues.push(done["issue"]["id"].clone());
            }
        }
        self.branch_work(&office, &issues).await
    }

    async fn branch_work(&self, office: &Person, issues: &[Value]) -> anyhow::Result<()> {
        let units = office.get("/api/v1/units").await?;
        let branch_unit = &units.as_array().context("units")?[SECTIONS.len() + 1]["id"];
        for issue in issues {
            let issue = issue.as_str().context("an id")?;
            let read = office.get(&format!("/api/v1/issues/{issue}")).await?;
            let release = json!({
                "units": [branch_unit], "title": read["text"]["title"], "wording": read["text"]["wording"],
                "despite_few": "县级汇总后不涉及具体户",
            });
            office.post(&format!("/api/v1/issues/{issue}/releases"), &release).await?;
        }
        let approver = self.sign_in("approver").await?;
        for proposal in approver.get("/api/v1/proposals").await?.as_array().context("proposals")? {
            let id = proposal["release"]["id"].as_str().context("an id")?;
            approver.post(&format!("/api/v1/releases/{id}/decision"), &json!({"do": "approve"})).await?;
        }
        let branch = self.sign_in("branch").await?;
        let releases = branch.get("/api/v1/releases").await?;
        let releases: Vec<Value> =
            releases.as_array().context("releases")?.iter().map(|it| it["id"].clone()).collect();
        if releases.is_empty() {
            return Ok(());
        }
        let meeting = json!({
            "id": self.app.new_public_id(), "releases": releases,
            "header": {
                "title": "十一月作风问题讨论会", "held_on": day::of(self.now - 3 * DAY_MS), "place": "三楼会议室",
                "host": "李书记", "recorder": "孙丽", "due_n": 23, "present_n": 21, "excused_n": 2,
                "excused": "王某出差，周某病假", "effort": "",
            },
        });
        let made = branch.post("/api/v1/meetings", &meeting).await?;
        let (id, item) = (made["id"].as_str().context("an id")?, &made["items"][0]);
        let discussion = json!({"version": item["version"], "discussion": {
            "state": "agreed",
            "cause": "一次性告知没有做到位，窗口之间互相不通气。",
            "points": [
                {"speaker": "陈", "text": "群众跑一趟不容易，材料清单要贴在门口。"},
                {"speaker": "孙", "text": "我来把十二类事项的清单重写一遍。"},
            ],
            "measures": [{
                "id": self.app.new_public_id(), "what": "十二类高频事项的材料清单上墙、上网，窗口一次性告知并签字确认",
                "leader": "李书记", "person": "孙丽", "by_when": day::of(self.now + 20 * DAY_MS), "long_term": false,
                "proof": "每月回访 10 位办事群众，没有人因材料再跑一趟", "proposed_to_party_group": false,
            }, {
                "id": self.app.new_public_id(), "what": "每周三股室碰头，对交叉事项当场定主办",
                "leader": "马主任", "person": "陈股长", "long_term": true,
                "proof": "碰头记录", "proposed_to_party_group": false,
            }],
            "effort": "把事情办在群众开口之前",
        }});
        let path = format!("/api/v1/meetings/{id}/items/{}", item["id"].as_str().context("an id")?);
        branch.json("PUT", &path, &discussion).await?;
        Ok(())
    }
}

/// Issues that the demo's office makes: title, approved wording, type.
const ISSUES: [(&str, &str, &str); 5] = [
    ("推诿扯皮", "有的事项几个部门互相推，群众不知道找谁。", "GL1"),
    ("办件拖延", "有的申请交上去很久没有回音，问起来只说在走流程。", "GL2"),
    ("窗口态度生硬", "有的窗口说话生硬，群众问多了不耐烦。", "GL5"),
    ("惠民政策落实不公开", "有的村评定结果没有公开，群众对结果不清楚。", "XC1"),
    ("填表报材料多", "基层填表报材料多，下户时间少。", "XS3"),
];

/// One visit of the demo.
struct Telling<'a> {
    name: &'a str,
    session: &'a Value,
    respondent: &'a Value,
    at: i64,
    /// Counts the visits, for variety.
    turn: usize,
}

impl Telling<'_> {
    fn draft(&self, app: &App, said: &[Vec<&str>]) -> anyhow::Result<Draft> {
        let (account, respondent) = (&self.session["account"], self.respondent);
        let kind_word = respondent["kind"].as_str().context("a kind")?;
        let text = |name: &str| respondent[name].as_str().unwrap_or_default().to_owned();
        let unnamed = self.turn.is_multiple_of(6);
        let identity = Identity {
            respondent: Some(RespondentId(id_of(&respondent["id"])?)),
            assignment: None::<AssignmentId>,
            name: text("name"),
            organisation: text("organisation"),
            telephone: text("telephone"),
            address: text("address"),
            id_number: String::new(),
        };
        let beginning = Beginning {
            id: RecordId(app.new_id()),
            campaign: CampaignId(id_of(&self.session["campaign"]["id"])?),
            unit: UnitId(id_of(&account["unit"]["id"])?),
            account: AccountId(id_of(&account["id"])?),
            name: self.name.to_owned(),
            respondent_kind: RespondentKind::from_word(kind_word).context("a kind")?,
            place: text("place"),
            identity: (!unnamed).then(|| (RecordId(app.new_id()), identity)),
            entered: Entered::OnTheSpot,
        };
        let mut draft = Draft::begin(beginning, self.at);
        let visit = &mut draft.visit.value;
        visit.consent.given = if self.turn.is_multiple_of(5) { Given::Signed } else { Given::Spoken };
        visit.ended_at = Some(self.at + HOUR_MS / 2);
        visit.read_back = !self.turn.is_multiple_of(3);
        visit.call_back.wanted = self.turn.is_multiple_of(4);
        if self.turn.is_multiple_of(11) {
            visit.form = VisitForm::Symposium { head_count: 7 };
        }
        if self.turn.is_multiple_of(7) {
            "已当场说明办理流程".clone_into(&mut visit.answered_on_the_spot);
        }
        let theirs: Vec<&Vec<&str>> = said.iter().filter(|it| it[0] == kind_word).collect();
        for extra in 0..=(self.turn % 2) {
            let words = theirs[(self.turn * 3 + extra * 5) % theirs.len()];
            let kind = Kind::from_word(words[1]).context("a kind of statement")?;
            let index = draft.add_statement(RecordId(app.new_id()), kind, self.at);
            let statement = &mut draft.statements[index].value;
            let cell = |n: usize| words.get(n).copied().unwrap_or_default().to_owned();
            (statement.words, statement.about, statement.happened) = (cell(2), cell(3), cell(4));
        }
        Ok(draft)
    }
}
