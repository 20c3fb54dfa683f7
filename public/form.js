// Which questionnaires there are for a visit, and, once one is opened, what fills it in. It stands behind the wasm's own script.
const TEXTS = {
  zh: {
    questionnaire: "问卷：",
    blank: "未填",
    answered: (n) => `已答 ${n} 题`,
    finished: "已填完",
    tooLarge: "文件太大，最多 25 MB，没有附上。",
    gone: "不在这部手机上了。",
    img: "图片还没有下载到这部手机，联网后会有。",
    audio: "声音还没有下载到这部手机，联网后会有。",
    video: "影片还没有下载到这部手机，联网后会有。",
    notHere: "这部手机上还没有这份问卷。连一次网络就会下载，然后点“再看一次”。",
    closed: "这份问卷已经停用，或者换成了新的版本。现在在用的问卷，在走访的页面上。",
    again: "再看一次",
    without: "不填这份，继续走访",
  },
  en: {
    questionnaire: "Questionnaire: ",
    blank: "blank",
    answered: (n) => `${n} answered`,
    finished: "finished",
    tooLarge: "The file is too large (25 MB at most) and was not attached.",
    gone: "Not on this phone any more.",
    img: "The picture is not on this phone yet; it comes once there is a network.",
    audio: "The sound is not on this phone yet; it comes once there is a network.",
    video: "The film is not on this phone yet; it comes once there is a network.",
    notHere: "This questionnaire is not on this phone yet. It comes once there is a network; then look again.",
    closed: "This questionnaire is closed, or a newer version has taken its place. Those in use are on the visit’s page.",
    again: "Look again",
    without: "Go on without it",
  },
};

const words = () => TEXTS[document.documentElement.lang === "en" ? "en" : "zh"];

const utf8 = (text) => new TextEncoder().encode(text);

const hashOf = async (bytes) => {
  const hash = await crypto.subtle.digest("SHA-256", bytes);
  return Array.from(new Uint8Array(hash), (it) => it.toString(16).padStart(2, "0")).join("");
};

// Under this key: of each version the hashes of the pictures, sounds and films that it names, and which of all are here.
const MEDIA = "forms/media";

const fromServer = async (path, headers) => {
  const answer = await fetch(`/api/v1/${path}`, { headers });
  if (!(answer.ok || answer.status === 304) || !answer.headers.has("zoufang")) throw new Error(`no ${path}`);
  return answer;
};

// What was answered when those whom to visit were visited last: the tag of it, below it the list. Nothing where `here` is that.
export async function pullLast(account, here) {
  const [tag] = here.split("\n");
  const asked = { "x-zoufang-account": account };
  const answer = await fromServer("last-answers", tag ? { ...asked, "if-none-match": tag } : asked);
  return answer.status === 304 ? null : `${answer.headers.get("etag")}\n${await answer.text()}`;
}

// What is next to be kept: keys, each followed by its bytes, or by nothing for what is neither published nor begun any more. First
// all that has changed since `list` was told, as a whole or, by an error, not at all; then a picture at a time.
export async function pull(account, list, last, here, begun) {
  const ask = async (path) => {
    const answer = await fromServer(`questionnaire${path}`, { "x-zoufang-account": account });
    return new Uint8Array(await answer.arrayBuffer());
  };
  const text = async (path) => new TextDecoder().decode(await ask(path));
  const known = here.split(" ").filter((it) => it && it !== MEDIA);
  const media = here.endsWith(MEDIA) ? JSON.parse(last) : { of: {}, here: [] };
  const told = await text("s");
  const changes = [];
  if (told !== list) {
    const published = JSON.parse(told).map((it) => it.version);
    const kept = [...published, ...begun.split(" "), ""].map((it) => `forms/${it}`);
    for (const key of known.filter((it) => !kept.includes(it))) {
      changes.push(key, null);
      delete media.of[key.slice(6)];
    }
    for (const version of published.filter((it) => !known.includes(`forms/${it}`))) {
      const form = await text(`s/${version}`);
      if ((await hashOf(utf8(form))) !== version) throw new Error("another version");
      changes.push(`forms/${version}`, utf8(form));
      const named = Object.values(JSON.parse(form).media ?? {}).map((it) => it.sha256);
      if (named.length) media.of[version] = named;
    }
    changes.push("forms/", utf8(told));
  }
  const named = [...new Set(Object.values(media.of).flat())];
  if (changes.length) {
    for (const it of media.here.filter((it) => !named.includes(it))) changes.push(`media/${it}`, null);
    media.here = media.here.filter((it) => named.includes(it));
    if (named.length || here.endsWith(MEDIA)) changes.push(MEDIA, utf8(JSON.stringify(media)));
    return changes;
  }
  for (const hash of named.filter((it) => !media.here.includes(it))) {
    try {
      const bytes = await ask(`-media/${hash}`);
      if ((await hashOf(bytes)) !== hash) continue;
      media.here.push(hash);
      return [`media/${hash}`, bytes, MEDIA, utf8(JSON.stringify(media))];
    } catch {
      // It comes with another pull.
    }
  }
  return [];
}

// What the form on the page asks of the app by an event of its field: a function that is to be told, then what it is about.
let field;
// In the editor there is no visit, and nothing of it on this device.
let trying = false;
const ask = (...about) => new Promise((tell) => field.dispatchEvent(new CustomEvent("input", { detail: [tell, ...about] })));
// Addresses of what is on the page, given back once it is not.
let addresses = [];
const addressOf = (bytes, type) => {
  const address = URL.createObjectURL(new Blob([bytes], { type }));
  addresses.push(address);
  return address;
};

// Largest file that visits take, in bytes (`PHOTO_BYTES_MAX` in `domain/src/attachment.rs`); photos are made smaller.
const FILE_BYTES_MAX = 25 * 1024 * 1024;
// What was chosen in the editor, by an id of its own.
const tried = new Map();

// Has the app keep the file that was chosen for a question; what it cannot keep it says itself.
// The same file can be chosen again.
async function takeFile(input, node) {
  const [file] = input.files;
  if (!file) return;
  const type = file.type.startsWith("image/") ? "image/jpeg" : "application/octet-stream";
  const tooLarge = type !== "image/jpeg" && file.size > FILE_BYTES_MAX;
  document.getElementById(`e${node}`).textContent = tooLarge ? words().tooLarge : "";
  if (tooLarge) return (input.value = "");
  const id = trying ? crypto.randomUUID() : await ask(file, file.type === "application/pdf" ? file.type : type);
  if (trying) tried.set(id, file);
  input.value = "";
  if (id) taken(node, id);
}

// What rests on this phone, by the id of an attachment or by its key; of what was pulled, else what the server has.
async function bytesOf(key) {
  const bytes = trying ? (tried.get(key) ?? []) : await ask(key);
  if (bytes.size || bytes.length) return bytes;
  const [, hash] = key.split("media/");
  if (!hash) throw new Error("no such file");
  const answer = await fetch(`/api/v1/questionnaire-media/${hash}`);
  const sent = new Uint8Array(await answer.arrayBuffer());
  if ((await hashOf(sent)) !== hash) throw new Error("no such file");
  return sent;
}

function showMedium(element, key, type) {
  const notHere = () => {
    const note = document.createElement("span");
    note.className = "hint";
    note.textContent = words()[key.startsWith("media/") ? element.localName : "gone"];
    element.replaceWith(note);
  };
  bytesOf(key).then((bytes) => {
    element.onerror = notHere;
    element.src = addressOf(bytes, type);
  }, notHere);
}

// The hashes of a version's files, as `Version::tables` in `domain/src/questionnaire/version.rs` has them.
async function tablesOf(text) {
  const tables = {};
  if (trying || text.includes('"files":{}')) return tables;
  for (const [name, rows] of Object.entries(JSON.parse(text).files)) tables[name] = await hashOf(utf8(JSON.stringify(rows)));
  return tables;
}

// What goes before a questionnaire, in whichever version: what this phone sent of the last visit to the respondent, and what the server
// told of visits by whomever, the latest visit first; and the tables.
function before(draft, tables, last, told = "") {
  const respondent = draft.identity?.value.respondent;
  const { visit, forms = [] } = last ? JSON.parse(last) : {};
  const sent = forms.map(([, , answers]) => ({ ...JSON.parse(answers), started_at: visit.value.started_at })).reverse();
  const list = told && respondent ? JSON.parse(told.slice(told.indexOf("\n"))) : [];
  // Of the visit that was sent from here, nobody knows more than this phone.
  const theirs = list.filter((it) => it.respondent === respondent && ![draft.visit.id, visit?.id].includes(it.visit));
  return JSON.stringify({ before: [...sent, ...theirs].sort((a, b) => b.started_at - a.started_at), tables });
}

function beStyled() {
  const style = "/form.css";
  if (document.querySelector(`link[href="${style}"]`)) return;
  document.head.append(Object.assign(document.createElement("link"), { rel: "stylesheet", href: style }));
}

// A version that is not on this phone, as the code on paper may name one. What is offered and not pulled yet is shown all the same.
async function absent(of, ...rest) {
  const version = location.pathname.split("/form/")[1];
  let why = "notHere";
  try {
    const offered = await (await fromServer("questionnaires")).json();
    why = "closed";
    if (offered.some((it) => it.version === version)) {
      why = "notHere";
      const text = await (await fromServer(`questionnaires/${version}`)).text();
      if ((await hashOf(utf8(text))) === version) return show(of, text, ...rest);
    }
  } catch {
    // There is no network, or it is not ours.
  }
  if (!of.isConnected) return;
  beStyled();
  const texts = words();
  const made = (name, about) => Object.assign(document.createElement(name), about);
  const note = made("p", { className: "notice amber", textContent: texts[why] });
  note.setAttribute("role", "alert");
  const buttons = made("div", { className: "buttons" });
  if (why === "notHere") buttons.append(made("button", { textContent: texts.again, onclick: () => show(of, "", ...rest) }));
  buttons.append(made("a", { className: "button", href: location.pathname.split("/form/")[0], textContent: texts.without }));
  const shown = made("div", { className: "form" });
  shown.append(note, buttons);
  of.after(shown);
}

// `text` is the list of what is published, as the server told it, or one version; nothing where that is not on this phone. The field
// holds the visit's draft; `last` is the last visit to the same respondent that this phone sent, if there is one, and `told` what
// the server told of last visits.
export async function show(of, text, last, told) {
  // The page before may have had the same elements, and what was drawn among them.
  for (const it of document.querySelectorAll(".form, .form-rows")) it.remove();
  for (const it of addresses) URL.revokeObjectURL(it);
  addresses = [];
  if (!text) return location.pathname.includes("/form/") && absent(of, last, told);
  if (text.startsWith("[")) return list(of, JSON.parse(text), JSON.parse(of.value));
  beStyled();
  const draft = JSON.parse(of.value);
  trying = !draft.visit.id;
  const tables = await tablesOf(text);
  await __wbg_init({ module_or_path: "/form.wasm" });
  if (!of.isConnected) return;
  field = of;
  open(field, text, before(draft, tables, last, told));
}

// A row for each that is for this kind of respondent, and for whatever was begun; what was begun goes on with its version.
function list(field, published, draft) {
  const { id, value } = draft.visit;
  const begun = (draft.forms ?? []).map(([, , answers, kept]) => ({ ...JSON.parse(answers), n: JSON.parse(kept).answered_n }));
  const isFor = ({ respondent_kinds: kinds }) => !kinds?.length || kinds.includes(value.respondent_kind);
  const rows = published.map((it) => ({ ...it, begun: begun.find((one) => one.questionnaire === it.id) }));
  const shown = rows.filter((it) => it.begun || isFor(it));
  for (const one of begun.filter((one) => !rows.some((it) => it.begun === one))) {
    shown.push({ title: one.questionnaire, begun: one });
  }
  const texts = words();
  const links = shown.map(({ title, version, begun }) => {
    const link = document.createElement("a");
    link.href = `/record/${id}/form/${begun?.version ?? version}`;
    link.className = "row-link";
    const state = document.createElement("span");
    state.className = "quiet";
    state.textContent = begun?.finished ? texts.finished : begun ? texts.answered(begun.n) : texts.blank;
    link.append(texts.questionnaire, title, "\u2002", state);
    return link;
  });
  if (!field.isConnected || !links.length) return;
  const rest = document.createElement("div");
  rest.className = "rows card form-rows";
  rest.append(...links);
  field.after(rest);
}
