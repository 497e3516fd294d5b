// What the pages that mails lead to share: one form, and the secret behind the '#', which so reaches no server log.
"use strict";

const secret = new URLSearchParams(location.hash.slice(1));
const form = document.querySelector("main form");
const problems = document.getElementById("problems");
const button = form.querySelector("button");

// Nor should it stay in the browser's history.
history.replaceState(null, "", location.pathname);

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

// Shows the form where the address was whole. `body` returns the fields to send, or null where they are not right.
function offer(whole, body) {
  (whole ? form : document.getElementById("no-link")).hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    show([]);
    const fields = body();
    if (!fields) {
      return;
    }
    button.disabled = true;
    try {
      const response = await fetch(form.action, {
        method: "POST",
        credentials: "omit",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(fields),
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
}
