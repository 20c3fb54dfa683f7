// Which questionnaires there are for a visit, and, once one is opened, what fills it in. It stands behind the wasm's own script.
const TEXTS = {
  zh: { questionnaire: "问卷：", blank: "未填", answered: (n) => `已答 ${n} 题`, finished: "已填完" },
  en: { questionnaire: "Questionnaire: ", blank: "blank", answered: (n) => `${n} answered`, finished: "finished" },
};

const hashOf = async (text) => {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(hash), (it) => it.toString(16).padStart(2, "0")).join("");
};

// What has changed since `list` was told: keys, each followed by its text, or by nothing for what is in `here` and neither
// published nor begun. All of it or, by an error, nothing.
export async function pull(account, list, here, begun) {
  const text = async (path) => {
    const answer = await fetch(`/api/v1/questionnaires${path}`, { headers: { "x-zoufang-account": account } });
    if (!answer.ok || !answer.headers.has("zoufang")) throw new Error("no questionnaires");
    return answer.text();
  };
  const told = await text("");
  if (told === list) return [];
  const published = JSON.parse(told).map((it) => it.version);
  const [known, kept] = [here.split(" "), [...published, ...begun.split(" "), ""].map((it) => `forms/${it}`)];
  const changes = known.filter((it) => it && !kept.includes(it)).flatMap((it) => [it, null]);
  for (const version of published.filter((it) => !known.includes(`forms/${it}`))) {
    const form = await text(`/${version}`);
    if ((await hashOf(form)) !== version) throw new Error("another version");
    changes.push(`forms/${version}`, form);
  }
  return [...changes, "forms/", told];
}

// `text` is the list of what is published, as the server told it, or one version. The field holds the visit's draft; `last` is
// the last visit to the same respondent that this phone sent, if there is one.
export async function show(field, text, last) {
  // The page before may have had the same elements, and what was drawn among them.
  for (const it of document.querySelectorAll(".form, .form-rows")) it.remove();
  if (text.startsWith("[")) return list(field, JSON.parse(text), JSON.parse(field.value));
  const style = "/form.css";
  if (!document.querySelector(`link[href="${style}"]`)) {
    document.head.append(Object.assign(document.createElement("link"), { rel: "stylesheet", href: style }));
  }
  await __wbg_init({ module_or_path: "/form.wasm" });
  if (field.isConnected) open(field, text, last);
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
  const texts = TEXTS[document.documentElement.lang === "en" ? "en" : "zh"];
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
