// Takes a change of address back with the token from the mail.
"use strict";

offer(secret.get("token"), () => ({ token: secret.get("token") }));
