// Sends the new password with the secret from the mail, which stands behind the '#' and so reaches no server log.
"use strict";

const secret = new URLSearchParams(location.hash.slice(1));
const form = document.getElementById("reset");
const password = document.getElementById("new-password");
const again = document.getElementById("again");
const problems = document.getElementById("problems");
const button = form.querySelector("button");

// Nor should it stay in the browser's history.
history.replaceState(null, "", location.pathname);

if (secret.get("uid") && secret.get("token")) {
  form.hidden = false;
} else {
  document.getElementById("no-link").hidden = false;
}

function show(sentences) {
  problems.replaceChildren(...sentences.map((sentence) => {
    const item = document.createElement("li");
    item.textContent = sentence;
    return item;
  }));
}

async function sentencesOf(response) {
  try {
    const problem = await response.json();
    const details = (problem.errors || []).map((error) => error.detail);
    return details.length ? details : [problem.detail || problem.title];
  } catch {
    return [problems.dataset.failed];
  }
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (password.value !== again.value) {
    show([problems.dataset.differ]);
    return;
  }
  show([]);
  button.disabled = true;
  try {
    const response = await fetch(form.action, {
      method: "POST",
      credentials: "omit",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ uid: secret.get("uid"), token: secret.get("token"), new_password: password.value }),
    });
    if (response.ok) {
      form.hidden = true;
      document.getElementById("done").hidden = false;
    } else {
      show(await sentencesOf(response));
    }
  } catch {
    show([problems.dataset.silent]);
  } finally {
    button.disabled = false;
  }
});
