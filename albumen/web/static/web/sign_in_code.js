// Asks for the mail with a code.
"use strict";

offer(true, () => ({ email: document.getElementById("email").value }));
