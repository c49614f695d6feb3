"use strict";

// The session's token, which every change by cookie must carry; nothing while nobody is signed in.
let csrf = null;

const who = document.getElementById("who");
const told = document.getElementById("told");
const signin = document.getElementById("signin");
const signout = document.getElementById("signout");

function show(session) {
  csrf = session ? session.csrf : null;
  who.textContent = session ? `Signed in as ${session.name}` : "";
  signin.hidden = Boolean(session);
  signout.hidden = !session;
}

async function ask(method, body) {
  const headers = { "content-type": "application/json" };
  if (csrf) headers["x-csrf-token"] = csrf;
  const answer = await fetch("/api/v1/session", { method, headers, body: body && JSON.stringify(body) });
  told.textContent = "";
  if (answer.status === 204) return null;
  const data = await answer.json();
  if (answer.ok) return data;
  if (method !== "GET") told.textContent = data.detail;
  return null;
}

signin.addEventListener("submit", async (event) => {
  event.preventDefault();
  show(await ask("POST", Object.fromEntries(new FormData(signin))));
  signin.reset();
});

signout.addEventListener("click", async () => show(await ask("DELETE")));

SwaggerUIBundle({
  url: "/api/v1/openapi.json",
  dom_id: "#api",
  deepLinking: true,
  docExpansion: "none",
  filter: true,
  tryItOutEnabled: true,
  displayRequestDuration: true,
  defaultModelsExpandDepth: -1,
  validatorUrl: null,
  requestInterceptor(request) {
    const reads = ["GET", "HEAD"].includes((request.method || "GET").toUpperCase());
    if (csrf && !reads && !request.headers.Authorization) request.headers["x-csrf-token"] = csrf;
    return request;
  },
});

ask("GET").then(show);
