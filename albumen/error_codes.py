"""Every error code: what it means, and what to do. The page /docs/errors/ is made from this list, and an error that is
raised without a detail has the text of its code."""

from typing import NamedTuple

from albumen.sentences import Sentence


class Code(NamedTuple):
    """`name` is the anchor on the errors page, where the `type` of a problem document leads. `statuses` is empty where
    only the error of a task has the code."""

    name: str
    meaning: str
    remedy: str
    statuses: tuple[int, ...] = (400,)


class Chapter(NamedTuple):
    title: str
    codes: tuple[Code, ...]


FIELDS = Chapter(
    "A field of the request",
    (
        Code("required", "A field that is needed is absent.", "Send the field that `pointer` names."),
        Code(
            "unknown_field",
            "There is no such field in this request, or it can only be read.",
            "Take the one that `detail` names. What an answer held may be sent back in a change, as it is.",
        ),
        Code("duplicate_field", "A field stands in the body more than once.", "Send it once."),
        Code("null", "The field is null, and may not be.", "Give it a value, or leave it out."),
        Code("blank", "The text is empty.", "Write something that can be seen."),
        Code("empty", "The file or the list is empty.", "Send one with content."),
        Code(
            "invalid",
            "The value has the wrong form, or several fields are wrong in different ways.",
            "Read `errors`: each entry points at one field and says what is expected.",
        ),
        Code("max_length", "The text or the list is too long.", "Shorten it to what `detail` says."),
        Code("min_length", "The text or the list is too short.", "Lengthen it to what `detail` says."),
        Code("max_string_length", "The number has too many digits.", "Send a smaller number."),
        Code("max_value", "The number is too large.", "Send at most what `detail` says."),
        Code("min_value", "The number is too small.", "Send at least what `detail` says."),
        Code("invalid_choice", "The value is none of those that there are.", "Take one that the API names."),
        Code("not_a_list", "A list is expected.", "Send the value in square brackets."),
        Code("incorrect_type", "An id is expected, and this is none.", "Send a whole number."),
        Code("does_not_exist", "There is nothing with this id.", "Take an id from the matching list."),
        Code("unique", "Somebody has this e-mail, or a plan has this name.", "Choose another one."),
        Code("invalid_length", "A plan has one to twelve thumbnail heights.", "Name as many."),
        Code("out_of_range", "A thumbnail height is from 16 to 4096 px.", "Change the heights."),
        Code("repeated", "A thumbnail height stands in the list twice.", "Name each height once."),
        Code("null_characters_not_allowed", "The text has a NUL character.", "Leave it out."),
        Code("surrogate_characters_not_allowed", "The text has half a character.", "Send whole Unicode text."),
    ),
)
REQUEST = Chapter(
    "The request as a whole",
    (
        Code("malformed_json", "The body is no valid JSON object.", 'Send one, like `{"name": "value"}`.'),
        Code("parse_error", "The body does not have the form that its media type says.", "Check its encoding."),
        Code("malformed_request", "The request line, a header or the host is wrong.", "Check the client."),
        Code(
            "head_too_large",
            "The request line and the headers are larger than 64 KiB together.",
            "Shorten the address, or send fewer or shorter headers and cookies.",
            (431,),
        ),
        Code("head_timeout", "The headers did not arrive within 30 seconds.", "Send the request again.", (408,)),
        Code("body_incomplete", "The body ended before its Content-Length.", "Send it again, whole."),
        Code("unsupported_charset", "Bodies are in UTF-8.", "Encode it as UTF-8, and say so or nothing."),
        Code("invalid_encoding", "The text is not UTF-8.", "Encode it as UTF-8."),
        Code(
            "file_name_missing",
            "A part of the form holds a file, and neither a file name nor a media type says so.",
            'Write `filename="photo.jpg"` into the part\'s Content-Disposition, as form libraries do for files.',
        ),
        Code("null_character", "The address has a NUL character.", "Leave it out."),
        Code("unknown_parameter", "There is no such parameter in the query.", "Take one that `detail` names."),
        Code("repeated_parameter", "A parameter of the query is given twice.", "Give it once."),
        Code("unknown_ordering", "The list cannot be ordered so.", "Take a field that `detail` names."),
        Code(
            "invalid_cursor",
            "The cursor belongs to another list, ordering or filter.",
            "Start from the first page, and follow `next` as it stands.",
        ),
        Code(
            "invalid_idempotency_key",
            "The Idempotency-Key is empty, too long, or has characters that are not visible ASCII.",
            "Send 1 to 255 of them; a UUID is a good key.",
        ),
        Code(
            "idempotency_key_reused",
            "The Idempotency-Key came with another request within the last 24 hours.",
            "Take a new key for each thing to make, and the same key only to send the same request again.",
            (409,),
        ),
        Code(
            "idempotency_in_progress",
            "The first request with this Idempotency-Key is still being worked on.",
            "Send it again after `Retry-After` seconds.",
            (409,),
        ),
        Code("method_not_allowed", "The address does not know this method.", "See the API's description.", (405,)),
        Code("not_acceptable", "There is no answer in a form that is accepted.", "Accept application/json.", (406,)),
        Code(
            "unsupported_content_encoding",
            "The body is compressed, as its Content-Encoding says.",
            "Send it as it is, without Content-Encoding.",
            (415,),
        ),
        Code("unsupported_media_type", "The body's media type is not taken here.", "Send application/json.", (415,)),
        Code(
            "not_found", "There is nothing here, or you may not know of it.", "Check the address and the id.", (404,)
        ),
        Code(
            "rate_limited",
            "Too many attempts or requests in a short time.",
            "Wait for as many seconds as the `Retry-After` header says.",
            (429,),
        ),
        Code(
            "too_many_at_once",
            "You have as many requests under way as one account or address may have at a time. Nothing was stored.",
            "Wait until one of them has ended, then try again.",
            (429,),
        ),
    ),
)
SIGNING_IN = Chapter(
    "Signing in, and what one may do",
    (
        Code(
            "not_authenticated",
            "Nobody is signed in.",
            "Sign in first: `POST /api/login/` gives a token to send as `Authorization: Bearer <access token>`.",
            (401,),
        ),
        Code("authentication_failed", "The credentials do not hold.", "Sign in again.", (401,)),
        Code(
            "invalid_credentials", "The e-mail or the password is wrong.", "Check both, or reset the password.", (401,)
        ),
        Code("token_invalid", "This is no token of the kind that is needed.", "Send the token as you got it.", (401,)),
        Code("token_expired", "The token is past its time.", "`POST /api/refresh/`, or sign in again.", (401,)),
        Code(
            "token_reused",
            "The refresh token was used before, so somebody else may have it: the session has ended.",
            "Sign in again. Keep the newest refresh token only.",
            (401,),
        ),
        Code("session_ended", "The session has ended, here or elsewhere.", "Sign in again.", (401,)),
        Code(
            "csrf_failed",
            "The cookie came without its CSRF token.",
            "Send X-CSRFToken, or load the form again.",
            (403,),
        ),
        Code("permission_denied", "You may not do this.", "Ask the owner, or an administrator.", (403,)),
        Code("signup_closed", "Nobody registers here by themselves.", "Ask an administrator for an account.", (403,)),
        Code(
            "invitation_required",
            "Only who was invited registers here.",
            "Ask an owner of an organization here to invite you, and open the link in the mail.",
            (403,),
        ),
    ),
)
PASSWORDS = Chapter(
    "Passwords and addresses",
    (
        Code(
            "email_taken",
            "Somebody else has this e-mail address by now.",
            "Sign in there, or reset the password of that account.",
            (409,),
        ),
        Code("email_verified_already", "Your e-mail address is verified.", "There is nothing to do.", (409,)),
        Code("invalid_password", "This is not your present password.", "Write the one that you sign in with."),
        Code("password_mismatch", "The two new passwords differ.", "Write the same one twice."),
        Code("invalid_token", "The link from the mail was used or has expired.", "Ask for a new mail."),
        Code("password_too_short", "The password has fewer than eight characters.", "Take a longer one."),
        Code("password_too_common", "Many people use this password.", "Take one that nobody guesses."),
        Code("password_too_similar", "The password is like your name or e-mail.", "Take another one."),
        Code("password_entirely_numeric", "The password has digits alone.", "Mix in letters."),
        Code(
            "locks_oneself_out",
            "Administrators cannot deactivate themselves or give up their own rights.",
            "Ask another administrator.",
            (409,),
        ),
        Code("password_changed", "Somebody else has just changed this password.", "Look, and try again.", (409,)),
    ),
)
PICTURES = Chapter(
    "Pictures",
    (
        Code(
            "conflicting",
            "Two fields that exclude each other came together, such as a picture and the address of one; or a field "
            "contradicts the request's address.",
            "Send one of them.",
        ),
        Code("not_linked", "Only a linked picture has an address that can change.", "Link it as a new picture."),
        Code("only_linked", "A linked picture has no bytes here to make links to.", "Pass its own address on."),
        Code("no_bytes", "The picture is only linked, so no bytes of it are here.", "Use its `image_url`.", (404,)),
        Code(
            "url_not_allowed",
            "The address, or one that it redirects to, is not http or https on port 80 or 443, has a user name, or is "
            "malformed or too long.",
            "Send a plain public address of at most 2,000 characters.",
        ),
        Code(
            "url_insecure_redirect",
            "The address is https, and redirects to http, where anybody on the way could change the picture.",
            "Link the address that it redirects to, if that is where the picture belongs, or one of https.",
        ),
        Code(
            "url_unreachable",
            "No public server answered at the address in time; it is not said why.",
            "Check that the address opens from anywhere on the internet.",
        ),
        Code(
            "url_not_an_image",
            "What the address leads to is not an accepted image, is not declared as one, or is more than 3 redirects "
            "away.",
            "Link the image file itself.",
        ),
        Code("not_an_image", "The bytes are no image, whatever the name says.", "Choose a picture."),
        Code("unsupported_format", "This kind of image is not taken.", "Save it as JPEG or PNG."),
        Code("truncated", "The picture is cut short.", "Send the whole file again."),
        Code("undecodable", "The picture is damaged or too costly to decode.", "Save it again, or smaller."),
        Code("too_many_pixels", "The picture has too many pixels or frames.", "Make it smaller."),
        Code("invalid_base64", "The string is not base64.", "Encode the bytes as base64, or as a data URL."),
        Code("too_large", "More bytes than your plan, or the address, takes.", "Send a smaller file.", (413,)),
        Code("quota_exceeded", "Your plan has no room for it, trash included.", "Purge something.", (403,)),
        Code(
            "invalid_archive",
            "The archive is no ZIP that an export has made, or one that cannot be unpacked safely.",
            "Export it again, and send the file as it came; `detail` says what is wrong with this one.",
        ),
        Code("damaged_entry", "A file in the archive is damaged.", "Export it again, or send the file alone."),
        Code("file_missing", "The archive has no bytes of this picture.", "Upload it from elsewhere.", ()),
        Code("bytes_missing", "The stored picture cannot be read.", "Tell the operator.", (404,)),
    ),
)
ALBUMS = Chapter(
    "Albums",
    (
        Code(
            "organization_needed",
            "An album that an organization sees has to name it.",
            "Name the organization, or choose another visibility.",
        ),
        Code(
            "not_an_editor",
            "Only owners and editors of an organization show albums to it.",
            "Ask one of its owners for the role of an editor.",
        ),
        Code(
            "too_many_albums",
            "An account has only so many albums, also counting those that organizations keep.",
            "Delete an album, or hand one over to an organization's owner.",
            (403,),
        ),
        Code(
            "owner_not_yourself",
            "An album can be taken over for oneself alone.",
            "Send your own id as `owner`.",
        ),
        Code("not_in_album", "The picture is not in the album.", "Take an id from the album's pictures."),
        Code(
            "unknown_album",
            "The body names an album that does not exist, or that you may not see.",
            "Take an id from your list of albums.",
        ),
        Code("unknown_picture", "There is no such picture of yours.", "Take ids from your own pictures."),
    ),
)
LINKS = Chapter(
    "Signed URLs and expiring links",
    (
        Code(
            "invalid_signature",
            "The URL is not one of this service, or it ended with the logins of the person whom it was for.",
            "Load what it belongs to again.",
            (403,),
        ),
        Code("expired_signature", "The URL has expired.", "Load what it belongs to again.", (403,)),
        Code("plan_lacks_expiring_links", "Your plan has no expiring links.", "Ask for another plan.", (403,)),
        Code("plan_lacks_original", "Your plan has no originals.", "Name one of its heights in `height`.", (403,)),
        Code("unknown_height", "Your plan does not have this height.", "Take one that `detail` names."),
        Code("gone", "It was here, and is not any more.", "Ask the person who gave you the link.", (410,)),
        Code("export_expired", "The archive was kept for a day.", "Start the export again.", (410,)),
        Code(
            "export_ended",
            "The album in the archive was deleted or has left its organization, or you may not see it any more.",
            "If you see the album, export it again; else ask its owner.",
            (410,),
        ),
        Code("link_expired", "This link has expired.", "Ask its sender for a new one.", (410,)),
        Code("link_revoked", "This link was withdrawn.", "Ask its sender for a new one.", (410,)),
        Code("link_used_up", "This link was used as often as it may be.", "Ask its sender for a new one.", (410,)),
        Code("link_ended", "The picture behind this link was removed.", "Ask its sender.", (410,)),
    ),
)
ORGANIZATIONS = Chapter(
    "Organizations",
    (
        Code("not_an_owner", "Only owners of the organization may do this.", "Ask one of its owners.", (403,)),
        Code(
            "not_your_contacts",
            "Members themselves choose who reads their e-mail and phone.",
            "Leave `contacts` out.",
            (403,),
        ),
        Code("organization_closed", "The organization is not open to all.", "Ask an owner to invite you.", (403,)),
        Code("unknown_organization", "There is no such organization.", "Take an id from the list of them."),
        Code("unknown_user", "There is no such user, or the account is closed.", "They must register first."),
        Code("already_member", "The user is a member already.", "Change the member's role instead.", (409,)),
        Code(
            "invitation_expired",
            "The invitation is past its time.",
            "Ask who invited you for another one.",
            (410,),
        ),
        Code(
            "invitation_ended",
            "The invitation does not hold any more: it was declined or withdrawn.",
            "Ask one of the organization's owners for another one.",
            (410,),
        ),
        Code("invitation_accepted", "You have accepted the invitation already.", "Leave the organization.", (409,)),
        Code(
            "invitation_for_another_address",
            "The invitation was sent to another address than that of your account.",
            "Sign in with the account that has this address, or ask for an invitation to yours.",
            (403,),
        ),
        Code(
            "sign_in_to_accept",
            "There is an account with the address that the invitation was sent to.",
            "Sign in with it, then accept; if you do not know its password, reset it.",
            (401,),
        ),
        Code(
            "too_many_invitations",
            "The organization has as many pending invitations as it may.",
            "Revoke some, or wait until they are answered.",
            (403,),
        ),
        Code(
            "too_many_organizations",
            "You own as many organizations as an account may.",
            "Delete one, or give it to somebody else.",
            (403,),
        ),
        Code("last_owner", "An organization needs an owner.", "Make somebody else an owner first.", (409,)),
        Code("organization_owns_albums", "The organization still owns albums.", "Delete or move them first.", (409,)),
    ),
)
EVENTS = Chapter(
    "Events",
    (
        Code(
            "events_pruned",
            "Events after the one that you name are not kept any more: they are of more than 7 days ago.",
            "Load what you show again, then go on after the one before `oldest`.",
            (410,),
        ),
        Code("unknown_event", "You never had an event with this number.", "Start again, without `after`."),
        Code(
            "malformed_message",
            "What came on the WebSocket is no message that it knows.",
            "Send what /docs/events/ describes.",
        ),
    ),
)
TASKS = Chapter(
    "Tasks",
    (
        Code("task_ended", "The task has ended, so it cannot be cancelled.", "Read its result or its error.", (409,)),
        Code(
            "task_not_retryable", "The task waits, runs, or has succeeded.", "Start a new one, if you need it.", (409,)
        ),
        Code("archive_gone", "The archive that the task reads was kept for a day.", "Send it again.", ()),
        Code(
            "worker_lost", "The worker was lost at the task's last attempt.", "Retry with less; tell the operator.", ()
        ),
        Code("account_inactive", "The account that started the task was closed.", "Ask an administrator.", ()),
        Code("internal_error", "The task failed, and it is not your fault.", "Retry it, and tell the operator.", ()),
        Code("unknown_kind", "The service was updated, and has no such task now.", "Start it again.", ()),
    ),
)
STATE = Chapter(
    "The present state, and the server",
    (
        Code("conflict", "The request contradicts the present state.", "Look again, then decide.", (409,)),
        Code("plan_in_use", "Users have this plan.", "Move them to another plan, then delete it.", (409,)),
        Code("default_needed", "New users need a plan.", "Make another plan the default first.", (400, 409)),
        Code(
            "too_many_connections",
            "The server has as many connections as it can serve.",
            "Try again after `Retry-After` seconds.",
            (503,),
        ),
        Code("decoders_busy", "Too many pictures are being read.", "Try again after `Retry-After` seconds.", (503,)),
        Code(
            "database_unavailable", "The database does not answer.", "Try again after `Retry-After` seconds.", (503,)
        ),
        Code(
            "storage_unavailable",
            "The store of files does not answer.",
            "Try again after `Retry-After` seconds.",
            (503,),
        ),
        Code(
            "unavailable", "A part of the service does not answer.", "Try again after `Retry-After` seconds.", (503,)
        ),
        Code(
            "attempts_not_counted",
            "What counts attempts does not answer, so nobody can sign in, register or reset a password safely.",
            "Try again after `Retry-After` seconds.",
            (503,),
        ),
        Code(
            "unreachable",
            "The proxy in front has no answer from the service, or none in time.",
            "Try again soon; a request that makes something, with its Idempotency-Key.",
            (502, 504),
        ),
        Code(
            "server_busy",
            "Others use all that the server has for such requests. Nothing was stored.",
            "Try again after `Retry-After` seconds.",
            (503,),
        ),
        Code("not_ready", "A part of the service is down; `parts` says which.", "Try again later.", (503,)),
        Code("out_of_space", "The server has no room left.", "Try again later, and tell the operator.", (507,)),
        Code("error", "Something failed, and it is not your fault.", "Tell the operator the `request_id`.", (500,)),
    ),
)
CATALOGUE = (FIELDS, REQUEST, SIGNING_IN, PASSWORDS, ORGANIZATIONS, ALBUMS, PICTURES, LINKS, TASKS, EVENTS, STATE)
BY_NAME = {code.name: code for chapter in CATALOGUE for code in chapter.codes}
# (code, meaning) of each, for the API's description.
CODES = [(code.name, code.meaning) for code in BY_NAME.values()]


def explain(code: str) -> str:
    """Return what a code means and what to do, in two sentences; an empty text for an unknown code."""
    if code not in BY_NAME:
        return ""
    meaning, remedy = Sentence(BY_NAME[code].meaning), Sentence(BY_NAME[code].remedy)
    return Sentence("%(meaning)s %(remedy)s", meaning=meaning, remedy=remedy)
