"""The main flow with the package that openapi-python-client makes."""

import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
from albumen_client import AuthenticatedClient, Client
from albumen_client.api.accounts import login_create, register_create
from albumen_client.api.expiring_links import pictures_links_create
from albumen_client.api.pictures import pictures_create, pictures_list, pictures_retrieve
from albumen_client.models import (
    ErrorCode,
    LinkRequestRequest,
    LoginRequest,
    PicturesListOrdering,
    RegisterRequest,
    UploadRequest,
)
from albumen_client.types import UNSET, File

base_url, path = sys.argv[1:]
photo = Path(path)
email, password = "openapi-python-client@example.com", "correct horse battery staple"
anybody = Client(base_url)

account = RegisterRequest(email=email, password=password, first_name="Alice")
assert register_create.sync(client=anybody, body=account).first_name == "Alice"
assert register_create.sync(client=anybody, body=account).code is ErrorCode.UNIQUE
login = login_create.sync(client=anybody, body=LoginRequest(email=email, password=password))
client = AuthenticatedClient(base_url, login.access)


def upload(name):
    with photo.open("rb") as payload:
        body = UploadRequest(image=File(payload, "photo.jpg", "image/jpeg"), name=name)
        return pictures_create.sync(client=client, body=body)


pictures = [upload("first"), upload("second")]


def page(cursor=UNSET):
    return pictures_list.sync(client=client, page_size=1, ordering=PicturesListOrdering.NAME_ASCENDING, cursor=cursor)


first = page()
second = page(parse_qs(urlsplit(first.next_).query)["cursor"][0])
assert [picture.name for picture in first.results + second.results] == ["first", "second"]
assert second.next_ is None

picture = pictures_retrieve.sync(pictures[0].id, client=client)
assert picture.owner == login.user.id
thumbnail = httpx.get(picture.thumbnails[0].url)
assert thumbnail.headers["Content-Type"].startswith("image/")
link = pictures_links_create.sync(picture.id, client=client, body=LinkRequestRequest(expiring_time_seconds=300))
assert httpx.get(link.url).content == photo.read_bytes()
print("done")
