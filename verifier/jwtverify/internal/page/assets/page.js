// The page of jwtverify. It only talks to the server that it came from, and keeps
// nothing: no storage, no history, no cookie.
"use strict";

const $ = (id) => document.getElementById(id);
const form = $("question"), text = $("text"), choice = $("choice"), report = $("report"), trouble = $("trouble");

// el makes an element. Whatever comes from a token is text, never markup.
function el(name, attributes, ...children) {
  const e = document.createElement(name);
  for (const [k, v] of Object.entries(attributes || {})) e.setAttribute(k, v);
  for (const c of children) if (c !== null && c !== undefined && c !== "") e.append(c);
  return e;
}

const kind = () => form.elements.kind.value;

function show() {
  $("typed").hidden = choice.value !== "-1";
  $("requested").hidden = kind() !== "request";
  text.placeholder = kind() === "request" ? "GET /orders HTTP/1.1\nHost: api.example\nAuthorization: Bearer eyJ…" : "eyJ…";
}

async function choices() {
  const got = await (await fetch("api/choices")).json();
  got.choices.forEach((name, i) => choice.append(el("option", { value: i }, name)));
  choice.append(el("option", { value: -1 }, got.choices.length ? "another reference" : "a reference"));
  show();
}

function fail(message) {
  trouble.textContent = message;
  trouble.hidden = false;
  report.hidden = true;
}

async function explain() {
  const button = form.querySelector("button[type=submit]");
  button.disabled = true;
  trouble.hidden = true;
  try {
    const r = await fetch("api/explain", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({
        text: text.value, request: kind() === "request", choice: Number(choice.value), reference: $("reference").value,
        audience: $("audience").value, at: $("at").value.trim(), base_url: $("base").value.trim(),
      }),
    });
    if (!r.ok) return fail((await r.text()).trim());
    draw(await r.json());
  } catch {
    fail("The server does not answer: has it ended?");
  } finally {
    button.disabled = false;
  }
}

const words = { trusted: ["good", "Trusted"], invalid: ["bad", "Not to be trusted"], forbidden: ["bad", "Trusted, but not allowed here"], undecided: ["open", "Not decided"] };

function draw(d) {
  report.replaceChildren(verdict(d), ...(d.notes || []).map((n) => el("p", { class: "note" }, n)));
  const dates = timeline(d);
  if (dates) report.append(el("h2", {}, "Time"), dates);
  const cards = el("div", { class: "cards" });
  if (d.header) cards.append(el("div", {}, el("h2", {}, "Header"), members(d.header)));
  if (d.claims) cards.append(el("div", {}, el("h2", {}, "Claims"), members(d.claims)));
  report.append(cards);
  if (d.checks) report.append(el("h2", {}, "Checks, in order"), el("ol", { class: "checks" }, ...d.checks.map(check)));
  if (d.keys) report.append(el("h2", {}, "Keys at hand"), ...d.keys.map((k) => source(k, d)));
  report.hidden = false;
  $("verdict").focus({ preventScroll: true });
  $("verdict").scrollIntoView({ block: "nearest" });
}

function verdict(d) {
  const [look, title] = words[d.verdict];
  const box = el("div", { class: "verdict " + look }, el("h2", { id: "verdict", tabindex: "-1" }, title + (d.reason ? " (" + d.reason + ")" : "")));
  if (d.reference) box.append(el("p", { class: "means" }, "by the rules of " + d.reference));
  for (const f of d.faults || []) {
    const list = el("dl", { class: "fault" }, el("dt", {}, "Cause"), el("dd", { class: "cause" }, f.cause),
      el("dt", {}, "Setting at fault"), el("dd", { class: "setting" }, f.setting + (f.name === f.setting ? "" : ": " + f.name)), el("dt", {}, "What to do"), el("dd", {}, f.advice));
    if (f.write) {
      list.append(el("dt", {}, "Write"));
      for (const line of f.write) list.append(el("dd", { class: "write" }, el("code", {}, line), copy(line)));
    }
    box.append(list);
  }
  return box;
}

function copy(line) {
  const b = el("button", { type: "button", class: "quiet copy", "aria-label": "Copy the line " + line }, "Copy");
  b.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(line);
      b.textContent = "Copied";
    } catch {
      b.textContent = "Select it";
    }
  });
  return b;
}

function members(list) {
  const body = el("tbody", {});
  for (const m of list) body.append(el("tr", {}, el("th", { scope: "row" }, m.name), el("td", { class: "value" }, JSON.stringify(m.value), m.means ? el("span", { class: "means" }, m.means) : null)));
  return el("table", {}, body);
}

const states = { ok: "✓ ok", fail: "✗ failed", undecided: "? open" };

function check(c) {
  const detail = c.state === "ok" ? c.got : c.detail;
  return el("li", {}, el("span", { class: "state " + c.state }, states[c.state]), el("div", {}, el("strong", {}, c.name), detail ? " " + detail : null,
    c.state === "fail" && c.expected ? el("small", {}, "expected " + c.expected + "; got " + (c.got || "nothing")) : null,
    c.state === "fail" && c.setting ? el("small", {}, "decided by " + c.setting) : null));
}

function source(k, d) {
  const kid = (d.header || []).find((m) => m.name === "kid");
  const mine = kid ? JSON.stringify(kid.value) : null;
  const list = el("ul", { class: "keylist" });
  for (const key of k.keys || []) list.append(el("li", {}, key, mine && key.startsWith(mine + " ") ? el("span", { class: "match" }, " ← the token's kid") : null));
  for (const key of k.not_used || k.skipped || []) list.append(el("li", {}, "not used: " + key));
  if (!list.children.length) list.append(el("li", {}, "none"));
  return el("div", {}, el("p", { class: "means" }, k.source + (k.age ? ", seen " + k.age + " ago" : "") + (k.error ? "; last fetch: " + k.error : "")), list);
}

// timeline draws when the token is valid, with the leeway, and where now is.
function timeline(d) {
  const at = (name) => (d.dates && d.dates[name] ? Date.parse(d.dates[name]) : null);
  const iat = at("iat"), nbf = at("nbf"), exp = at("exp"), now = d.at ? Date.parse(d.at) : Date.now();
  if (iat === null && nbf === null && exp === null) return null;
  const leeway = (d.leeway_seconds || 0) * 1000;
  const begin = Math.max(...[iat, nbf].filter((t) => t !== null), -8e15);
  const all = [iat, nbf, exp, now].filter((t) => t !== null);
  let low = Math.min(...all), high = Math.max(...all);
  const pad = Math.max((high - low) * 0.08, leeway * 1.2, 1000);
  low -= pad;
  high += pad;
  const x = (t) => (100 * (Math.min(Math.max(t, low), high) - low)) / (high - low);
  const track = el("div", { class: "track", "aria-hidden": "true" });
  const band = (cls, from, to) => {
    if (to <= from) return;
    const b = el("div", { class: cls });
    b.style.left = x(from) + "%";
    b.style.width = x(to) - x(from) + "%";
    track.append(b);
  };
  const first = begin > -8e15 ? begin : low, last = exp === null ? high : exp;
  if (begin > -8e15) band("leeway", begin - leeway, begin);
  band("band", first, last);
  if (exp !== null) band("leeway", exp, exp + leeway);
  const marks = [["issued", iat], ["valid from", nbf], ["expires", exp], [d.at && Math.abs(now - Date.now()) > 60000 ? "as of" : "now", now]].filter((m) => m[1] !== null);
  let previous = -100;
  for (const [name, t] of marks.slice().sort((a, b) => a[1] - b[1])) {
    const isNow = t === now && (name === "now" || name === "as of");
    const m = el("div", { class: isNow ? "mark now" : "mark" });
    if (isNow || x(t) - previous > 14) m.append(el("span", {}, name));
    if (!isNow) previous = x(t);
    m.style.left = x(t) + "%";
    track.append(m);
  }
  const list = el("ul", { class: "times" });
  for (const [name, t] of marks) list.append(el("li", {}, el("strong", {}, name), " " + new Date(t).toISOString().slice(0, 19).replace("T", " ") + " UTC"));
  if (leeway) list.append(el("li", {}, el("strong", {}, "leeway"), " " + leeway / 1000 + " s, the amber ends"));
  return el("div", { class: "time" }, track, list);
}

form.addEventListener("submit", (e) => {
  e.preventDefault();
  explain();
});
form.addEventListener("keydown", (e) => {
  if (e.key === "Enter" && (e.ctrlKey || e.metaKey)) {
    e.preventDefault();
    explain();
  }
});
form.addEventListener("change", show);
$("clear").addEventListener("click", () => {
  form.reset();
  report.replaceChildren();
  report.hidden = trouble.hidden = true;
  show();
  text.focus();
});
choices().catch(() => fail("The server does not answer: has it ended?"));
