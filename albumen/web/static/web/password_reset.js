// Sends the new password with the secret from the mail.
"use strict";

const password = document.getElementById("new-password");
const again = document.getElementById("again");

offer(secret.get("uid") && secret.get("token"), () => {
  if (password.value !== again.value) {
    show([problems.dataset.differ]);
    return null;
  }
  return { uid: secret.get("uid"), token: secret.get("token"), new_password: password.value };
});
