"""The rules of who may see and change which albums and pictures.

An album that names an organization is the organization's, unless it is private; every other album is its owner's alone
(`shown_to_organization`). Who may do what with it, beside administrators, who may do all of it:

|                                            | its owner's alone | the organization's                           |
|--------------------------------------------|-------------------|----------------------------------------------|
| read it                                    | its owner         | the members                                  |
| fill it, order it, choose its cover        | its owner         | owners and editors of the organization       |
| change name, description, visibility       | its owner         | its owner, while owner or editor there       |
| delete it, take it out of the organization | its owner         | the same, and the organization's owners      |
| take it over                               | nobody            | the organization's owners                    |

So the owner of an organization's album has no right of their own to it: who becomes a viewer there reads it like every
viewer, and who is no longer a member does not see it. When the album leaves the organization, its owner does not get
what others have put in: those pictures leave the album (`services.albums.change_album`). Anybody reads a public album
as well. Everybody may take their own pictures out of any album (`removable_pictures`).
"""

from typing import Any, cast

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from albumen.compiled_queries import fetch_objects, fetch_rows
from albumen.errors import Forbidden, Invalid, NotFound, Unauthenticated
from albumen.library.models import Album, AlbumPicture, Picture, Visibility, owned_alone, shown_to_organization
from albumen.organizations.access import organizations_of, organizations_visible_to, role_in
from albumen.organizations.models import Role
from albumen.viewers import Viewer, ViewerLike, as_variant, is_administrator


def albums_visible_to(viewer: Viewer) -> QuerySet[Album]:
    """Return every album that the viewer may know of: public ones, those that are the viewer's alone, and those of the
    viewer's organizations; for administrators all.

    A closed account shows nothing to the public: its public albums are hidden, and its expiring links end, until an
    administrator opens it again. What it showed to an organization stays there, public or not, because it is the
    organization's work. Its pictures in other people's albums stay too: those albums belong to others.
    """
    return Album.objects.filter(visible_condition(viewer))


def albums_listed_for(viewer: Viewer) -> QuerySet[Album]:
    """Return the albums of the viewer's list, with their covers: those that are the viewer's alone, and those of the
    viewer's organizations."""
    # A union uses an index for each half; an OR of the two makes databases read all albums.
    own, shared = (Album.objects.filter(which).order_by().values("pk") for which in (_own(viewer), _shared(viewer)))
    return _with_cover(Album.objects.filter(pk__in=own.union(shared, all=True)))


def _own(viewer: Viewer, prefix: str = "") -> Q:
    return Q(**{f"{prefix}owner": viewer.pk}) & owned_alone(prefix)


def _shared(viewer: Viewer, prefix: str = "") -> Q:
    return Q(**{f"{prefix}organization__in": organizations_of(viewer)}) & shown_to_organization(prefix)


def visible_condition(viewer: Viewer, prefix: str = "") -> Q:
    """Return the condition on rows that the viewer may see an album; for administrators the empty Q, which all match.

    `prefix` is the lookup from the rows to the album, with its underscores: "" for albums themselves, `album__` for
    `AlbumPicture`. As a condition on each row it spares databases from collecting all public albums first.
    """
    if is_administrator(viewer):
        return Q()
    public = Q(**{f"{prefix}visibility": Visibility.PUBLIC, f"{prefix}owner__is_active": True})
    return public | _own(viewer, prefix) | _shared(viewer, prefix) if viewer.is_authenticated else public


def _with_cover(albums: QuerySet[Album]) -> QuerySet[Album]:
    """Add `cover`: the id of the chosen picture while it is in the album, else of the first one, else None."""
    entries = AlbumPicture.objects.live().filter(album=OuterRef("pk"))
    chosen = entries.filter(picture=OuterRef("chosen_cover")).values("picture")[:1]
    first = entries.order_by("position", "picture").values("picture")[:1]
    return albums.annotate(cover=Coalesce(Subquery(chosen), Subquery(first)))


def get_album(viewer: Viewer, album_id: int) -> Album:
    """Return an album with its cover; raise `NotFound` alike for absent and hidden, `Unauthenticated` where signing in
    may help."""
    administrator, viewer_id = as_variant(viewer)
    for album in fetch_objects(one_visible_album, administrator, values=(viewer_id, album_id)):
        return cast(Album, album)
    raise hidden_from(viewer)


def require_album(viewer: Viewer, album_id: int) -> None:
    """Raise what `get_album` raises."""
    administrator, viewer_id = as_variant(viewer)
    if not fetch_rows(ids_of_one_visible_album, administrator, values=(viewer_id, album_id)):
        raise hidden_from(viewer)


def one_visible_album(administrator: bool, viewer_id: int | None, album_id: int) -> QuerySet[Album]:
    """Return an album with its cover if the viewer (`as_variant`) may see it; nothing if it is hidden or absent."""
    visible = albums_visible_to(ViewerLike(viewer_id, is_staff=administrator))
    return _with_cover(visible).filter(pk=album_id).order_by()


def ids_of_one_visible_album(administrator: bool, viewer_id: int | None, album_id: int) -> QuerySet[Any, tuple[int]]:
    """Return the id of an album if the viewer (`as_variant`) may see it; nothing if it is hidden or absent."""
    visible = albums_visible_to(ViewerLike(viewer_id, is_staff=administrator))
    return visible.filter(pk=album_id).order_by().values_list("pk")


def get_changed_album(album_id: int) -> Album:
    """Return an album with its cover, for an actor who has just changed it, even if that hid it from them."""
    return _with_cover(Album.objects.all()).get(pk=album_id)


def get_album_to_edit_contents(viewer: Viewer, album_id: int) -> Album:
    """Return an album for those who may change its pictures, their order and its cover. Raise `Forbidden` for others
    who may see it."""
    album = get_album(viewer, album_id)
    if not _may_edit_contents(viewer, album):
        raise Forbidden("permission_denied", "Only the album's owner and its organization's editors may do this.")
    return album


def get_album_to_change(viewer: Viewer, album_id: int) -> Album:
    """Return an album for those who may change its name, description, visibility and organization. Raise `Forbidden`
    for others who may see it."""
    album = get_album(viewer, album_id)
    if not _may_change(viewer, album):
        raise Forbidden("permission_denied", "Only the owner of the album may do this.")
    return album


def get_album_to_remove(viewer: Viewer, album_id: int) -> Album:
    """Return an album for those who may delete it, and take it out of its organization. Raise `Forbidden` for others
    who may see it."""
    album = get_album(viewer, album_id)
    if not (_may_change(viewer, album) or _owns_organization_of(viewer, album)):
        raise Forbidden("permission_denied", "Only the album's owner and its organization's owners may do this.")
    return album


def require_may_take_over(viewer: Viewer, album: Album) -> None:
    """Raise `Forbidden` unless the viewer may become the owner of this album of an organization."""
    if not (album.is_shown_to_organization and is_administrator(viewer)) and not _owns_organization_of(viewer, album):
        raise Forbidden("permission_denied", "An organization's owners take over its albums, and no others.")


def may_trash_pictures_of(viewer: Viewer, album: Album) -> bool:
    """Return whether the viewer may delete the pictures of the album's owner together with the album."""
    return album.owner_id == viewer.pk or is_administrator(viewer)


def _may_edit_contents(viewer: Viewer, album: Album) -> bool:
    if is_administrator(viewer):
        return True
    if album.is_shown_to_organization:
        return _role_around(viewer, album) in (Role.OWNER.value, Role.EDITOR.value)
    return bool(album.owner_id == viewer.pk)


def _may_change(viewer: Viewer, album: Album) -> bool:
    return is_administrator(viewer) or (album.owner_id == viewer.pk and _may_edit_contents(viewer, album))


def _owns_organization_of(viewer: Viewer, album: Album) -> bool:
    return album.is_shown_to_organization and _role_around(viewer, album) == Role.OWNER.value


def _role_around(viewer: Viewer, album: Album) -> str | None:
    return None if album.organization_id is None else role_in(viewer, album.organization_id)


def albums_owned_alone_by(owner: Viewer) -> QuerySet[Album]:
    """Return the albums of which no organization is shown anything."""
    return Album.objects.filter(_own(owner))


def get_album_from_body(viewer: Viewer, album_id: int) -> Album:
    """Return an album that a request's body names, for those who may change its pictures; raise `Invalid` alike for
    absent and hidden, since the URL of the request is right."""
    try:
        return get_album_to_edit_contents(viewer, album_id)
    except NotFound:
        raise Invalid("unknown_album", pointer="/album") from None


def removable_pictures(viewer: Viewer, album_id: int) -> tuple[QuerySet[Picture], NotFound | Forbidden]:
    """Return the pictures that the viewer may take out of an album, and the error about every other one.

    Those who may change its pictures may take out each of them, and everybody their own, even if the album was hidden
    from them since. That gives nothing away: only owners add pictures to albums, so they know that the album exists.
    """
    pictures = Picture.objects.live().filter(entries__album=album_id)
    try:
        get_album_to_edit_contents(viewer, album_id)
    except (NotFound, Forbidden) as error:
        return pictures.filter(owner_id=viewer.pk), error
    return pictures, NotFound()


def require_organization(viewer: Viewer, organization_id: int) -> None:
    """Raise `Invalid` unless the viewer may show albums to this organization: its owners and editors, and
    administrators."""
    if is_administrator(viewer):
        allowed = organizations_visible_to(viewer).filter(pk=organization_id).exists()
    else:
        allowed = _may_edit_in(viewer, organization_id)
    if not allowed:
        raise Invalid("not_an_editor", pointer="/organization")


def _may_edit_in(viewer: Viewer, organization_id: int) -> bool:
    return organizations_of(viewer, Role.OWNER, Role.EDITOR).filter(organization_id=organization_id).exists()


def pictures_visible_to(viewer: Viewer) -> QuerySet[Picture]:
    """Return every picture that the viewer may know of: the viewer's own, and those in albums that the viewer may see;
    for administrators all. None is in the trash."""
    pictures = Picture.objects.live()
    if is_administrator(viewer):
        return pictures
    reachable = Q(Exists(AlbumPicture.objects.filter(visible_condition(viewer, "album__"), picture=OuterRef("pk"))))
    # The owner comes first, so that databases look up no album for the viewer's own pictures.
    return pictures.filter(Q(owner_id=viewer.pk) | reachable if viewer.is_authenticated else reachable)


def pictures_owned_by(owner_id: int) -> QuerySet[Picture]:
    """Return the pictures of one user that this user sees: all but the trash."""
    return Picture.objects.live().filter(owner_id=owner_id)


def pictures_of(viewer: Viewer, owner_id: int) -> QuerySet[Picture]:
    """Return the pictures of one user that the viewer may know of."""
    return pictures_visible_to(viewer).filter(owner_id=owner_id)


def require_owned_by(viewer: Viewer, picture_id: int, owner_id: int) -> None:
    """Raise `NotFound` unless the viewer may know of the picture, and it belongs to this user."""
    if get_picture(viewer, picture_id).owner_id != owner_id:
        raise NotFound


def pictures_in_album(viewer: Viewer, album_id: int) -> QuerySet[Picture]:
    """Return the pictures of an album, with their `position` in it; raise as `get_album` does."""
    require_album(viewer, album_id)
    return pictures_placed_in(album_id)


def pictures_in_album_or_none(viewer: Viewer, album_id: int) -> QuerySet[Picture]:
    """Return the pictures of an album, with their `position` in it; none if it is absent or hidden."""
    pictures = pictures_placed_in(album_id)
    return pictures if albums_visible_to(viewer).filter(pk=album_id).exists() else pictures.none()


def pictures_placed_in(album_id: int) -> QuerySet[Picture]:
    """Return the pictures of an album, with their `position` in it, for viewers who may see the album."""
    return Picture.objects.live().filter(entries__album=album_id).annotate(position=F("entries__position"))


def get_picture(viewer: Viewer, picture_id: int) -> Picture:
    """Return a picture with its owner and plan; raise `NotFound` alike for absent and hidden, `Unauthenticated` where
    signing in may help."""
    administrator, viewer_id = as_variant(viewer)
    for picture in fetch_objects(_one_picture_with_plan, administrator, values=(viewer_id, picture_id)):
        return cast(Picture, picture)
    raise hidden_from(viewer)


def _one_picture_with_plan(administrator: bool, viewer_id: int | None, picture_id: int) -> QuerySet[Picture]:
    return one_visible_picture(administrator, viewer_id, picture_id).select_related("owner__plan")


def one_visible_picture(administrator: bool, viewer_id: int | None, picture_id: int) -> QuerySet[Picture]:
    """Return a picture if the viewer (`as_variant`) may know of it; nothing if it is hidden or absent."""
    visible = pictures_visible_to(ViewerLike(viewer_id, is_staff=administrator))
    return visible.filter(pk=picture_id).order_by()


def hidden_from(viewer: Viewer) -> NotFound | Unauthenticated:
    """Return the error about what is hidden from the viewer or absent."""
    return NotFound() if viewer.is_authenticated else Unauthenticated()
