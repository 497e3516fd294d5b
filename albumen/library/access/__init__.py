"""The rules of who may see and change which album, picture and link, and whom they reach by a signed URL."""

from albumen.library.access.editable import editable_pictures, get_editable_picture, refusals_to_edit
from albumen.library.access.exports import get_album_to_export, pictures_to_export, require_export, sign_export
from albumen.library.access.figures import Totals, bytes_since, totals, uploads_by_day
from albumen.library.access.recipients import recipients_of_album, recipients_of_pictures
from albumen.library.access.rows import (
    AlbumRow,
    PictureRow,
    PlanRow,
    albums_of,
    get_album_row,
    get_picture_row,
    listed_albums,
    listed_in_album,
    listed_trash,
    own_pictures,
    plans_of,
)
from albumen.library.access.signed_urls import (
    ORIGINAL,
    get_link,
    get_link_by_token,
    link_token,
    links_of,
    listed_links,
    listed_links_of_picture,
    picture_for_signed_url,
    signed_url,
    signer_for,
    signer_until,
)
from albumen.library.access.trash import (
    get_picture_anywhere,
    get_trashed_picture,
    restorable_pictures,
    trash_of,
    trash_to_restore,
)
from albumen.library.access.visible import (
    albums_listed_for,
    albums_owned_alone_by,
    albums_visible_to,
    get_album,
    get_album_from_body,
    get_album_to_change,
    get_album_to_edit_contents,
    get_album_to_remove,
    get_changed_album,
    get_picture,
    may_trash_pictures_of,
    pictures_in_album,
    pictures_in_album_or_none,
    pictures_of,
    pictures_visible_to,
    removable_pictures,
    require_may_take_over,
    require_organization,
    require_owned_by,
)
