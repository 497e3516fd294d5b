// Ends a login with the token from the mail.
"use strict";

offer(secret.get("token"), () => ({ token: secret.get("token") }));
