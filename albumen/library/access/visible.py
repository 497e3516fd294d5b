"""Who may see and change which album and picture."""

from django.contrib.auth.models import AnonymousUser
from django.db.models import Exists, F, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from albumen.accounts.models import User
from albumen.compiled_queries import fetch_objects
from albumen.errors import Forbidden, Invalid, NotFound, Unauthenticated
from albumen.library.models import Album, AlbumPicture, Picture, Visibility
from albumen.organizations.access import organizations_of, organizations_visible_to
from albumen.organizations.models import Role
from albumen.viewers import Viewer, is_administrator


def albums_visible_to(viewer: Viewer) -> QuerySet[Album]:
    """Every album that the viewer may know of: public ones, one's own, and those that an organization of the viewer's
    is shown; for administrators all.

    A closed account shows nothing to the public: its public albums are hidden, as its expiring links end
    (`require_running`), until an administrator opens it again. What it showed to an organization stays there, public
    or not: that is the organization's work. So do its pictures in other people's albums, for which those answer.
    """
    return Album.objects.filter(shown_to(viewer))


def albums_listed_for(viewer: Viewer) -> QuerySet[Album]:
    """What a list of albums builds on: those that the viewer owns or reaches through an organization."""
    # Each through its own index: of an OR of the two, databases make a walk through all albums.
    own, shared = (Album.objects.filter(which).order_by().values("pk") for which in (_own(viewer), _shared(viewer)))
    return Album.objects.filter(pk__in=own.union(shared, all=True))


def _own(viewer: Viewer, album: str = "") -> Q:
    return Q(**{f"{album}owner": viewer.pk})


def _shared(viewer: Viewer, album: str = "") -> Q:
    with_organization = Q(**{f"{album}organization__in": organizations_of(viewer)})
    return with_organization & ~Q(**{f"{album}visibility": Visibility.PRIVATE})


def shown_to(viewer: Viewer, album: str = "") -> Q:
    """Of rows that lead to an album by the lookup `album`, which the viewer may know of. It is asked of each row, so
    that no query gathers every public album first."""
    if is_administrator(viewer):
        return Q()
    public = Q(**{f"{album}visibility": Visibility.PUBLIC, f"{album}owner__is_active": True})
    return public | _own(viewer, album) | _shared(viewer, album) if viewer.is_authenticated else public


def with_cover(albums: QuerySet[Album]) -> QuerySet[Album]:
    """Adds `cover`: the id of the chosen picture while it is in the album, else of the first one, else None."""
    entries = AlbumPicture.objects.live().filter(album=OuterRef("pk"))
    chosen = entries.filter(picture=OuterRef("chosen_cover")).values("picture")[:1]
    first = entries.order_by("position", "picture").values("picture")[:1]
    return albums.annotate(cover=Coalesce(Subquery(chosen), Subquery(first)))


def get_album(viewer: Viewer, album_id: int) -> Album:
    """One album; `NotFound` alike for absent and hidden, `Unauthenticated` where signing in may help."""
    album = with_cover(albums_visible_to(viewer)).filter(pk=album_id).first()
    if album is None:
        raise _hidden_from(viewer)
    return album


def get_owned_album(viewer: Viewer, album_id: int) -> Album:
    """The same, for its owner and administrators; `Forbidden` for others who may see it."""
    album = get_album(viewer, album_id)
    if album.owner_id != viewer.pk and not is_administrator(viewer):
        raise Forbidden("permission_denied", "Only the owner of the album may do this.")
    return album


def get_album_to_edit_contents(viewer: Viewer, album_id: int) -> Album:
    """The same, for those who may change which pictures are in it and in what order: its owner, owners and editors of
    the organization that it is shown to, and administrators."""
    album = get_album(viewer, album_id)
    if not may_fill(viewer, album):
        raise Forbidden("permission_denied", "Only the album's owner and its organization's editors may do this.")
    return album


def get_album_from_body(viewer: Viewer, album_id: int) -> Album:
    """The same for an album that a body names: `Invalid` alike for absent and hidden, since the address is right."""
    try:
        return get_album_to_edit_contents(viewer, album_id)
    except NotFound:
        raise Invalid("unknown_album", "There is no such album, or you may not see it.", pointer="/album") from None


def get_album_to_remove_from(viewer: Viewer, album_id: int, picture_id: int) -> Album:
    """The same for taking one picture out: its owner always may, also where the album was hidden from them since. They
    alone have put it there, so they learn nothing but that it still is."""
    own = Picture.objects.live().filter(pk=picture_id, owner_id=viewer.pk)
    album = Album.objects.filter(pk=album_id, entries__picture__in=own).first()
    return album or get_album_to_edit_contents(viewer, album_id)


def may_fill(viewer: Viewer, album: Album) -> bool:
    """Whether the viewer may change the album's content."""
    if album.owner_id == viewer.pk or is_administrator(viewer):
        return True
    if album.visibility == Visibility.PRIVATE or album.organization_id is None or not viewer.is_authenticated:
        return False
    return organizations_of(viewer, Role.OWNER, Role.EDITOR).filter(organization_id=album.organization_id).exists()


def require_organization(viewer: Viewer, organization_id: int) -> None:
    """`Invalid` unless the viewer is an owner or editor there: only they hang albums into an organization.
    Administrators hang them into any that there is."""
    if is_administrator(viewer):
        known = organizations_visible_to(viewer).filter(pk=organization_id).exists()
    else:
        known = organizations_of(viewer, Role.OWNER, Role.EDITOR).filter(organization_id=organization_id).exists()
    if not known:
        detail = "You must be an owner or editor of this organization."
        raise Invalid("not_an_editor", detail, pointer="/organization")


def pictures_visible_to(viewer: Viewer) -> QuerySet[Picture]:
    """Every picture that the viewer may know of: one's own, and those in albums that one may see; for administrators
    all. None is in the trash."""
    pictures = Picture.objects.live()
    if is_administrator(viewer):
        return pictures
    reachable = Q(Exists(AlbumPicture.objects.filter(shown_to(viewer, "album__"), picture=OuterRef("pk"))))
    # One's own first: then nothing is looked up for them.
    return pictures.filter(Q(owner_id=viewer.pk) | reachable if viewer.is_authenticated else reachable)


def pictures_owned_by(owner_id: int) -> QuerySet[Picture]:
    """What `pictures_visible_to` gives an owner of the owner's own: all but the trash."""
    return Picture.objects.live().filter(owner_id=owner_id)


def pictures_of(viewer: Viewer, owner_id: int) -> QuerySet[Picture]:
    """The pictures of one user that the viewer may know of."""
    return pictures_visible_to(viewer).filter(owner_id=owner_id)


def require_owned_by(viewer: Viewer, picture_id: int, owner_id: int) -> None:
    """`NotFound` unless the viewer may know of the picture, and it belongs to this user."""
    if get_picture(viewer, picture_id).owner_id != owner_id:
        raise NotFound


def require_self(viewer: Viewer, user_id: int) -> None:
    """`Forbidden` for everybody but this user and administrators."""
    if viewer.pk != user_id and not is_administrator(viewer):
        raise Forbidden("permission_denied", "Only the user, or an administrator, may do this.")


def require_administrator(viewer: Viewer) -> None:
    """`Forbidden` for everybody else."""
    if not is_administrator(viewer):
        raise Forbidden("permission_denied", "Only administrators may do this.")


def pictures_in(album: Album) -> QuerySet[Picture]:
    """The pictures of an album that the viewer has been found to see, with their `position` in it."""
    return Picture.objects.live().filter(entries__album=album).annotate(position=F("entries__position"))


def get_picture(viewer: Viewer, picture_id: int) -> Picture:
    """One picture with its owner and plan; `NotFound` alike for absent and hidden, `Unauthenticated` where signing in
    may help."""
    administrator = is_administrator(viewer)
    values = (None if administrator else viewer.pk, picture_id)
    picture: Picture | None = next(fetch_objects(_one_visible, administrator, values=values), None)
    if picture is None:
        raise _hidden_from(viewer)
    return picture


def _one_visible(administrator: bool, viewer_id: int | None, picture_id: int) -> QuerySet[Picture]:
    visible = pictures_visible_to(any_viewer_like(administrator, viewer_id))
    return visible.select_related("owner__plan").filter(pk=picture_id).order_by()


def any_viewer_like(administrator: bool, viewer_id: int | None) -> Viewer:
    """For whom a compiled query is built: any administrator, or this user, or nobody in particular without an id."""
    known = administrator or viewer_id is not None
    return User(pk=viewer_id, is_staff=administrator) if known else AnonymousUser()


def _hidden_from(viewer: Viewer) -> NotFound | Unauthenticated:
    return NotFound() if viewer.is_authenticated else Unauthenticated()


def get_editable_picture(viewer: Viewer, picture_id: int) -> Picture:
    """The same, for its owner and for administrators; `Forbidden` for others who may see it (requirement D6)."""
    picture = get_picture(viewer, picture_id)
    if picture.owner_id != viewer.pk and not is_administrator(viewer):
        raise Forbidden
    return picture


def trash_of(viewer: Viewer) -> QuerySet[Picture]:
    """The viewer's own pictures in the trash."""
    return Picture.objects.trashed().filter(owner_id=viewer.pk)


def trash_to_restore(viewer: Viewer, scope: str) -> QuerySet[Picture]:
    """What one call restores: all of one's own trash; or for administrators, with the scope `all`, what the last
    deletion of every picture put there."""
    if scope == "own":
        return trash_of(viewer)
    require_administrator(viewer)
    last = Picture.objects.aggregate(last=Max("deleted_with"))["last"]
    return Picture.objects.filter(deleted_with=last, deleted_with__isnull=False)


def get_trashed_picture(viewer: Viewer, picture_id: int) -> Picture:
    """One of them; administrators reach everybody's. `NotFound` otherwise."""
    trashed = Picture.objects.trashed() if is_administrator(viewer) else trash_of(viewer)
    picture = trashed.select_related("owner__plan").filter(pk=picture_id).first()
    if picture is None:
        raise NotFound
    return picture
