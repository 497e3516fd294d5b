// Shows an invitation, and answers it with the token from the mail: with the account whose cookie the browser has, with
// the password of the account that it is for, or by signing up. Parts of the page with `data-for` are for that alone.
"use strict";

const token = secret.get("token");
const buttons = [...form.querySelectorAll("button")];
let way = "";

const field = (id) => document.getElementById(id);

function showFor(part, ...kinds) {
  for (const each of part.querySelectorAll("[data-for]")) {
    each.hidden = !kinds.includes(each.dataset.for);
    each.disabled = each.hidden;
  }
}

// The cookie goes along only where the answer is given with its account.
function post(path, body, { cookie = false, access = "" } = {}) {
  const headers = { "Content-Type": "application/json" };
  if (cookie) {
    headers["X-CSRFToken"] = form.querySelector("[name=csrfmiddlewaretoken]").value;
  }
  if (access) {
    headers.Authorization = `Bearer ${access}`;
  }
  return fetch(path, {
    method: "POST",
    credentials: cookie ? "same-origin" : "omit",
    headers,
    body: JSON.stringify(body),
  });
}

function end(...kinds) {
  form.hidden = true;
  showFor(field("done"), ...kinds);
  field("done").hidden = false;
}

async function find() {
  const response = await post(form.dataset.find, { token }, { cookie: true });
  if (!response.ok) {
    field("ended").textContent = (await sentencesOf(response)).join(" ");
    field("ended").hidden = false;
    return;
  }
  const { invitation, address, has_account: hasAccount, is_yours: isYours } = await response.json();
  field("organization").textContent = invitation.organization.name;
  field("description").textContent = invitation.organization.description;
  field("inviter").textContent = invitation.inviter.name || "-";
  field("address").textContent = address;
  showFor(field("offer"), invitation.role);
  field("offer").hidden = false;
  if (invitation.status === "accepted") {
    end("accepted");
    return;
  }
  way = isYours ? "cookie" : hasAccount ? "sign-in" : "sign-up";
  showFor(form, way);
  form.hidden = false;
}

async function signInAndAccept() {
  const signedIn = await post(form.dataset.login, { email: field("address").textContent, password: field("password").value });
  if (!signedIn.ok) {
    return signedIn;
  }
  const { access, refresh } = await signedIn.json();
  const response = await post(form.dataset.accept, { token }, { access });
  // This page needed the login for the one call.
  await post(form.dataset.logout, { refresh });
  return response;
}

function accept() {
  if (way === "cookie") {
    return post(form.dataset.accept, { token }, { cookie: true });
  }
  if (way === "sign-in") {
    return signInAndAccept();
  }
  return post(form.dataset.accept, {
    token,
    password: field("new-password").value,
    first_name: field("first-name").value,
    last_name: field("last-name").value,
  });
}

async function answer(call, kind) {
  show([]);
  buttons.forEach((each) => { each.disabled = true; });
  try {
    const response = await call();
    if (response.ok) {
      end(kind);
    } else {
      show(await sentencesOf(response));
    }
  } catch {
    show([problems.dataset.silent]);
  } finally {
    buttons.forEach((each) => { each.disabled = false; });
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (way === "sign-up" && field("new-password").value !== field("again").value) {
    show([problems.dataset.differ]);
    return;
  }
  answer(accept, way === "sign-up" ? "signed-up" : "accepted");
});
field("decline").addEventListener("click", () => {
  answer(() => post(form.dataset.decline, { token, block: field("block").checked }), "declined");
});

if (token) {
  find().catch(() => {
    field("ended").textContent = problems.dataset.silent;
    field("ended").hidden = false;
  });
} else {
  field("no-link").hidden = false;
}
