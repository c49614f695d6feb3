"use strict";
const FAULTS = [
  ["behaves well", null],
  ["publishes, answer is lost", {kind: "reset"}],
  ["connection breaks before", {kind: "reset", commit: false}],
  ["publishes, answers 503", {kind: "status"}],
  ["answers 503", {kind: "status", commit: false}],
  ["answers 429: in 20 s", {kind: "limit", commit: false, retry_after: 20}],
  ["answers 429, no time", {kind: "limit", commit: false}],
  ["shows an error page", {kind: "html", commit: false}],
  ["publishes, answers garbage", {kind: "garbage"}],
  ["publishes, half an answer", {kind: "half"}],
  ["answers after 5 s", {kind: "delay", delay: 5}],
];
const NETWORK_FAULTS = [...FAULTS.filter(([, fault]) => !fault || fault.kind !== "garbage"),
  ["publishes, answers nonsense", {kind: "nonsense"}],
  ["the token is revoked", {kind: "revoke"}],
];
const IDEAS = [
  {message: "Nous recrutons ! Technicien·ne éolien (H/F) à Saint-Nazaire. Vous n’avez pas le vertige ? Rejoignez l’équipe de Léa. 🌬️\n\n#recrutement #éolien", pictures: [0]},
  {message: "Our buoy Nérée has been out at sea for 200 days, and still answers every ten minutes. 🌊 #ocean", pictures: [1, 3]},
  {message: "À la cantine : galettes bretonnes 🥞 Service dès 11 h 45. #lunch", pictures: []},
  {message: "Vacancy [m/f/d] in Nantes (France): data engineer *remote possible* – ask @acme_jobs! #hiring", pictures: []},
];
const PICTURES = [
  {name: "acme/nantes", alt: "Wind turbines on a hill near Nantes"}, {name: "acme/neree", alt: "The buoy Nérée at sunset"},
  {name: "acme/energie", alt: "Solar panels above the workshop"}, {name: "acme/podcast", alt: "An offshore wind turbine at dawn"},
];
const SAMPLES = [
  {title: "Nous recrutons : technicien·ne éolien (H/F) à Saint-Nazaire", text: "Vous n’avez pas le vertige ? Rejoignez l’équipe de Léa. 🌬️\n\n#recrutement #éolien"},
  {title: "Nérée passe 200 jours en mer", text: "Our buoy has been out there for 200 days, and still answers every ten minutes. 🌊 #ocean"},
  {title: "À la cantine : galettes bretonnes 🥞", text: "Service dès 11 h 45. #lunch"},
];
const MODES = {dedupe: "keeps each message once", readback: "can be read back", plain: "takes whatever comes"};
const $ = (id) => document.getElementById(id);
const json = {"content-type": "application/json"};
let seen = null, shown = {}, version = -1;

function el(tag, props, ...children) {
  const node = Object.assign(document.createElement(tag), props);
  node.append(...children.filter((child) => child));
  return node;
}
function ago(at) {
  const seconds = Math.max(0, (Date.now() - new Date(at)) / 1000);
  if (seconds < 60) return seconds < 5 ? "now" : `${Math.floor(seconds)} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  return seconds < 86400 ? `${Math.floor(seconds / 3600)} h ago` : new Date(at).toLocaleDateString();
}
function when(at) {
  const node = el("time", {dateTime: at, title: new Date(at).toLocaleString()}, ago(at));
  return node;
}
function words(text) {
  return text.split(/(https?:\/\/[^\s]+|#[\p{L}\p{N}_·]+)/u).map((part, index) => {
    if (index % 2 === 0) return part;
    return part[0] === "#" ? el("span", {className: "tag"}, part) : el("a", {href: part, rel: "noreferrer"}, part);
  }).filter((part) => part !== "");
}
function here(url) {
  try { return new URL(url, location.href).origin === location.origin; } catch { return false; }
}
function post(account, message, times) {
  const content = message.content, id = `${account}/${message.id}`;
  const picture = (content.media || []).find((media) => media.kind === "image" && here(media.url));
  const link = typeof content.link === "string" && /^https?:/.test(content.link) ? content.link : "";
  const text = content.text || (content.title ? "" : JSON.stringify(content));
  return el("li", {className: seen && !seen.has(id) ? "post fresh" : "post"},
    content.title && content.title !== text && el("h3", {}, content.title),
    text && el("p", {className: "words"}, ...words(text)),
    picture && el("img", {src: picture.url, alt: picture.alt || "", loading: "lazy"}),
    link && !text.includes(link) && el("a", {className: "url", href: link, rel: "noreferrer"}, link.replace(/^https?:\/\//, "")),
    el("div", {className: "foot"}, when(message.at), times > 1 && el("span", {className: "twice"}, `stands here ${times} times`)));
}
function drawing(name) { const [feed, picture] = name.split("/"); return `/feeds/${feed}/media/${picture}.png`; }
function pictures(list) {
  if (!list.length) return null;
  const shown = list.slice(0, 4), size = ["", " one", "", " three", ""][shown.length];
  return el("div", {className: `pics${size}`}, ...shown.map((one, index) => el("figure", {},
    el("img", {src: one.url, alt: one.alt, loading: "lazy"}), one.alt && el("figcaption", {}, one.alt),
    index === 3 && list.length > 4 && el("span", {className: "more"}, `+${list.length - 4}`))));
}
function linkCard(card) {
  if (!card) return null;
  let host = "";
  try { host = new URL(card.url).hostname; } catch { host = card.url; }
  return el("a", {className: "link", href: card.url || "#", rel: "noreferrer"},
    card.picture && here(card.picture) && el("img", {src: card.picture, alt: "", loading: "lazy"}),
    el("div", {}, el("small", {}, host), el("b", {}, card.title || card.url), card.description && el("span", {}, card.description)));
}
function netPost(network, post, mine) {
  const id = `${network.name}/${post.id}`, lost = post.details.lost, inside = post.reshares;
  const story = post.details.story || (inside && network.name === "x" ? "reposted" : "");
  return el("li", {className: seen && !seen.has(id) ? "post fresh" : "post"},
    story && el("p", {className: "story"}, story),
    post.text && el("p", {className: "words"}, ...words(post.text)),
    lost && el("p", {className: "lost"}, "Cut here, without an error: no reader sees ", el("s", {}, lost.length > 160 ? `${lost.slice(0, 160)}…` : lost)),
    pictures(post.pictures), linkCard(post.card),
    inside && el("div", {className: "inside"}, el("b", {}, inside.name), inside.text && el("p", {className: "words"}, ...words(inside.text)),
      pictures(inside.pictures), linkCard(inside.card)),
    ...post.comments.map((one) => el("div", {className: "inside"}, el("b", {}, "Comment"), el("p", {className: "words"}, ...words(one.text)))),
    el("div", {className: "foot"}, el("span", {}, when(post.at), post.edited ? " · edited" : ""), mine && mine(post)));
}
function mine(post) {
  const url = `/networks/facebook/posts/${encodeURIComponent(post.id)}`;
  const edit = el("button", {type: "button"}, "edit"), remove = el("button", {type: "button"}, "delete");
  edit.onclick = async () => {
    const message = prompt("What the post says from now on:", post.sent);
    if (message === null) return;
    await fetch(url, {method: "PATCH", headers: json, body: JSON.stringify({message})});
    look();
  };
  remove.onclick = async () => { await fetch(url, {method: "DELETE"}); look(); };
  return el("span", {}, edit, remove);
}
function netFaults(network, account) {
  const current = network.faults.find((fault) => fault.account === account.id);
  const select = el("select", {ariaLabel: `How ${network.title} answers for ${account.name}`}, ...NETWORK_FAULTS.map(([label]) => el("option", {}, label)));
  select.selectedIndex = current ? Math.max(0, NETWORK_FAULTS.findIndex(([, fault]) => fault && fault.kind === current.kind &&
    (fault.commit ?? true) === current.commit && (fault.retry_after ?? null) === current.retry_after)) : 0;
  select.title = NETWORK_FAULTS[select.selectedIndex][0];
  const once = el("input", {type: "checkbox", checked: !current || current.times !== null});
  const change = async () => {
    const url = `/networks/${network.name}/faults`, fault = NETWORK_FAULTS[select.selectedIndex][1];
    await fetch(`${url}?account=${encodeURIComponent(account.id)}`, {method: "DELETE"});
    if (fault) await fetch(url, {method: "POST", headers: json,
      body: JSON.stringify({...fault, account: account.id, times: once.checked ? 1 : null})});
    look();
  };
  select.onchange = once.onchange = change;
  return el("div", {className: current ? "fault row on" : "fault row"}, "Server", select, el("label", {}, once, " once"));
}
function netCard(network, account) {
  const node = el("article", {className: account.posts.length ? "card net" : "card net quiet"},
    el("header", {}, el("b", {}, network.title), el("span", {}, account.handle ? `@${account.handle}` : ""),
      el("span", {className: "count"}, account.posts.length ? `${account.published} ${account.published > 1 ? "posts" : "post"}` : "")),
    netFaults(network, account),
    account.posts.length ? el("ol", {className: "posts scroll"}, ...account.posts.map((post) => netPost(network, post)))
      : el("p", {className: "none"}, "Nothing on this timeline."));
  node.dataset.net = network.name;
  node.style.setProperty("--brand", network.colour);
  return node;
}
function personCard(person) {
  const face = el("span", {className: "face", ariaHidden: "true"}, initials(person.name));
  face.style.background = `hsl(${hue(person.key)} 42% 42%)`;
  return el("section", {className: "person", ariaLabel: person.name},
    el("header", {}, face, el("div", {}, el("h2", {}, person.name), el("p", {}, person.headline))),
    ...person.accounts.map(([network, account]) => netCard(network, account)));
}
function peopleOf(state) {
  const people = new Map();
  for (const network of state.networks) {
    if (network.name === "facebook") continue;
    for (const account of network.accounts) {
      const key = account.person || "acme";
      if (!people.has(key)) people.set(key, {key, name: account.name, headline: account.headline, accounts: []});
      people.get(key).accounts.push([network, account]);
    }
  }
  const all = [...people.values()], posts = (person) => person.accounts.reduce((sum, [, account]) => sum + account.published, 0);
  const company = all.filter((person) => person.key === "acme" && posts(person));
  return [...all.filter((person) => person.key !== "acme" && person.key !== "nadia"), ...all.filter((person) => person.key === "nadia" && posts(person)), ...company];
}
function replace(parent, key, text, make) {
  const old = shown[key];
  if (old?.text === text) return;
  if (old?.node.contains(document.activeElement) && document.activeElement.tagName === "SELECT") return;
  const node = make(), places = old ? [...old.node.querySelectorAll(".posts")].map((list) => list.scrollTop) : [];
  if (old) old.node.replaceWith(node); else parent.append(node);
  [...node.querySelectorAll(".posts")].forEach((list, index) => { list.scrollTop = places[index] || 0; });
  shown[key] = {text, node};
}
function drawNetworks(state) {
  const facebook = state.networks.find((network) => network.name === "facebook");
  const page = facebook.accounts.find((account) => !account.person), text = JSON.stringify([page, facebook.faults]);
  if (shown.page?.text !== text) {
    shown.page = {text};
    $("page").replaceChildren(el("li", {}, netFaults(facebook, page)),
      ...(page.posts.length ? page.posts.map((post) => netPost(facebook, post, mine)) : [el("li", {className: "none"}, "The page has not published anything yet.")]));
  }
  const quiet = state.accounts.length && !state.networks.some((network) => network.name !== "facebook" && network.accounts.some((account) => account.published));
  for (const id of ["people", "accounts"]) {
    const off = id === "people" ? quiet : !state.accounts.length;
    $(id).hidden = off;
    document.querySelector(`[data-of=${id}]`).hidden = off || !state.accounts.length || quiet;
  }
  const spent = state.networks.map((network) => network.spent && `${network.title}: ${network.spent} so far`).filter(Boolean);
  $("spent").textContent = spent.join(" · ");
  for (const person of peopleOf(state)) replace($("people"), `person/${person.key}`, JSON.stringify(person), () => personCard(person));
}
function tab(name) {
  for (const button of document.querySelectorAll("[data-tab]")) button.setAttribute("aria-selected", button.dataset.tab === name);
  for (const panel of document.querySelectorAll("[data-panel]")) panel.hidden = panel.dataset.panel !== name;
}
const chosen = [];
function drawChosen() {
  $("thumbs").replaceChildren(...PICTURES.map((picture) => {
    const at = chosen.findIndex((one) => one.name === picture.name);
    const button = el("button", {type: "button", title: picture.alt, ariaPressed: String(at >= 0)}, el("img", {src: drawing(picture.name), alt: picture.alt}));
    button.onclick = () => { if (at >= 0) chosen.splice(at, 1); else chosen.push({...picture}); drawChosen(); };
    return button;
  }), el("label", {className: "file", title: "A picture of your own"}, "+", el("input", {type: "file", accept: "image/*", multiple: true,
    ariaLabel: "Pictures of your own", onchange: (event) => { for (const file of event.target.files) own(file); }})));
  $("alts").replaceChildren(...chosen.map((one) => el("label", {}, el("img", {src: one.preview || drawing(one.name), alt: ""}),
    el("input", {type: "text", value: one.alt, title: "What the picture shows", ariaLabel: "What the picture shows", oninput: (event) => { one.alt = event.target.value; }}))));
}
function own(file) {
  const reader = new FileReader();
  reader.onload = () => { chosen.push({name: file.name, alt: "", preview: reader.result, data: reader.result.split(",")[1]}); drawChosen(); };
  reader.readAsDataURL(file);
}
function faultRow(account) {
  const current = account.faults[0];
  const index = current ? FAULTS.findIndex(([, fault]) => fault && fault.kind === current.kind &&
    (fault.commit ?? true) === current.commit && (fault.retry_after ?? null) === current.retry_after) : 0;
  const select = el("select", {ariaLabel: `How ${account.title} answers`},
    ...FAULTS.map(([label]) => el("option", {}, label)));
  select.selectedIndex = Math.max(0, index);
  const once = el("input", {type: "checkbox", checked: !current || current.times !== null});
  const change = async () => {
    const url = `/receivers/${account.name}/faults`, fault = FAULTS[select.selectedIndex][1];
    await fetch(url, {method: "DELETE"});
    if (fault) await fetch(url, {method: "POST", headers: json, body: JSON.stringify({...fault, times: once.checked ? 1 : null})});
    look();
  };
  select.onchange = once.onchange = change;
  return el("div", {className: current ? "fault row on" : "fault row"}, "Receiver", select, el("label", {}, once, " once"));
}
function initials(title) {
  return title.split(/\s+/).map((word) => word[0]).join("").slice(0, 2).toUpperCase();
}
function hue(name) {
  return [...name].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)) % 360, 7);
}
function card(account) {
  const face = el("span", {className: "face", ariaHidden: "true"}, initials(account.title));
  face.style.background = `hsl(${hue(account.name)} 42% 42%)`;
  const counts = [`${account.published} published`, account.repeats && `${account.repeats} ${account.repeats > 1 ? "repeats" : "repeat"} left out`,
    account.refused && `${account.refused} refused`].filter(Boolean).join(" · ");
  const times = {};
  for (const message of account.messages) times[message.id] = (times[message.id] || 0) + 1;
  return el("article", {className: "card"},
    el("header", {className: "who"}, face, el("div", {},
      el("h2", {}, account.title, account.network && el("span", {className: "badge"}, account.network)),
      el("p", {}, counts),
      el("p", {}, `${MODES[account.mode]}${account.signed ? " · signed" : ""}`))),
    faultRow(account),
    account.messages.length
      ? el("ol", {className: "posts scroll"}, ...account.messages.map((message) => post(account.name, message, times[message.id])))
      : el("p", {className: "none"}, "Nothing has arrived here yet."));
}
function draw(state) {
  const feed = state.feeds.find((one) => one.name === "acme");
  $("entries").replaceChildren(...feed.entries.map((entry) => el("li",
    {className: seen && !seen.has(`feed/${entry.key}`) ? "entry fresh" : "entry"},
    entry.title && el("b", {}, entry.title), el("p", {}, entry.text), when(entry.at))));
  if (!seen && state.accounts.length && !state.networks[0].accounts[0].published) tab("feed");
  drawNetworks(state);
  for (const account of state.accounts) replace($("accounts"), account.name, JSON.stringify(account), () => card(account));
  seen = new Set([...feed.entries.map((entry) => `feed/${entry.key}`),
    ...state.networks.flatMap((network) => network.accounts.flatMap((account) => account.posts.map((post) => `${network.name}/${post.id}`))),
    ...state.accounts.flatMap((account) => account.messages.map((message) => `${account.name}/${message.id}`))]);
}
async function look() {
  try {
    const state = await (await fetch("/everything.json", {cache: "no-cache"})).json();
    if (state.version !== version) { version = state.version; draw(state); }
    $("link").className = ""; $("link").textContent = "watching";
  } catch {
    $("link").className = "off"; $("link").textContent = "the sandbox does not answer";
  }
}
$("publish").onsubmit = async (event) => {
  event.preventDefault();
  const form = event.target, title = form.elements.title.value.trim(), text = form.elements.text.value.trim();
  if (!title && !text) { form.elements.text.focus(); return; }
  const answer = await fetch("/feeds/acme/entries", {method: "POST", headers: json, body: JSON.stringify({title, text})});
  if (answer.ok) form.reset();
  look();
};
for (const chip of document.querySelectorAll("[data-sample]")) {
  chip.onclick = () => Object.assign($("publish").elements.title, {value: SAMPLES[chip.dataset.sample].title}) &&
    Object.assign($("publish").elements.text, {value: SAMPLES[chip.dataset.sample].text});
}
$("compose").onsubmit = async (event) => {
  event.preventDefault();
  const form = event.target, message = form.elements.message.value.trim(), link = form.elements.link.value.trim();
  if (!message && !link && !chosen.length) { form.elements.message.focus(); return; }
  const kind = form.elements.kind.value, title = kind ? form.elements.title.value.trim() : "";
  const post = {kind, title, message, link, pictures: chosen.map(({name, alt, data}) => ({name, alt, data: data || ""}))};
  form.querySelector(".go").disabled = true;
  const answer = await fetch("/networks/facebook/posts", {method: "POST", headers: json, body: JSON.stringify(post)});
  form.querySelector(".go").disabled = false;
  if (answer.ok) { form.reset(); form.elements.title.hidden = true; chosen.length = 0; drawChosen(); }
  look();
};
$("compose").elements.kind.onchange = (event) => { $("compose").elements.title.hidden = !event.target.value; };
for (const chip of document.querySelectorAll("[data-idea]")) {
  chip.onclick = () => {
    const idea = IDEAS[chip.dataset.idea];
    $("compose").elements.message.value = idea.message;
    chosen.splice(0, chosen.length, ...idea.pictures.map((index) => ({...PICTURES[index]})));
    drawChosen();
  };
}
for (const button of document.querySelectorAll("[data-tab]")) button.onclick = () => tab(button.dataset.tab);
drawChosen();
setInterval(() => document.querySelectorAll("time").forEach((node) => { node.textContent = ago(node.dateTime); }), 5000);
(async function watch() {
  if (!document.hidden) await look();
  setTimeout(watch, 700);
})();
