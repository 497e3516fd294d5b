// Confirms an address with the token from the mail, which begins with what it is for. Parts of the page with
// `data-for` are for that alone.
"use strict";

const token = secret.get("token") || "";
const purpose = token.split(".")[0];
const password = document.getElementById("password");

for (const part of document.querySelectorAll("[data-for]")) {
  part.hidden = !part.dataset.for.split(" ").includes(purpose);
}

offer(token, () => ({ token, password: password.value }));
