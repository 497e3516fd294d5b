"""Every page in a real browser: nothing is asked of another host, nothing breaks, and a telephone shows it whole."""

import pytest

from tests import pictures
from tests.browser import CHROMIUM, Browser
from tests.server import Server

pytestmark = [pytest.mark.long, pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")]
OPEN = (
    "/",
    "/docs/",
    "/redoc/",
    "/docs/errors/",
    "/docs/events/",
    "/api/",
    "/api-auth/login/",
    "/admin/login/",
    "/invitations/",
    "/no/",
)
SIGNED_IN = ("/admin/", "/admin/accounts/user/", "/admin/library/picture/", "/api/pictures/", "/api/profile/")
ADMIN = {"DJANGO_SUPERUSER_EMAIL": "dana@example.com", "DJANGO_SUPERUSER_PASSWORD": "another long sentence"}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("pages") / "data")
    server.start()
    server.manage("createsuperuser", "--noinput", **ADMIN)
    yield server
    server.remove()


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    browser = Browser(tmp_path_factory.mktemp("browser"))
    yield browser
    browser.close()


def looked_at(browser, server, path, **how):
    """The page asks this server alone, its own style holds, and nothing of it is cut off."""
    browser.open(server.url + path, **how)
    browser.until("document.body.innerText.trim().length > 20")
    asked = [said["params"]["request"]["url"] for said in browser.events("Network.requestWillBeSent")]
    assert asked
    assert [url for url in asked if not url.startswith((f"{server.url}/", "data:", "blob:"))] == []
    said = [entry["params"]["entry"]["text"] for entry in browser.events("Log.entryAdded")]
    # ReDoc's script asks for its maker's logo, and is refused it.
    assert [text for text in said if "Content Security Policy" in text and "logo-mini" not in text] == []
    failed = [said["params"]["exceptionDetails"]["text"] for said in browser.events("Runtime.exceptionThrown")]
    assert failed == []
    assert browser.run("document.documentElement.scrollWidth") <= how.get("width", 1440)


@pytest.mark.parametrize("path", OPEN)
def test_a_page_asks_this_server_alone(browser, server, path):
    looked_at(browser, server, path, width=390, height=844)


def test_who_is_signed_in_sees_nothing_of_others_either(browser, server):
    browser.open(f"{server.url}/api-auth/login/?next=/api/plans/")
    browser.run(
        f"document.querySelector('#id_username').value = '{ADMIN['DJANGO_SUPERUSER_EMAIL']}';"
        f"document.querySelector('#id_password').value = '{ADMIN['DJANGO_SUPERUSER_PASSWORD']}';"
    )
    browser.heard.clear()
    browser.run("document.querySelector('main form').requestSubmit()")
    browser.settle()
    assert browser.run("location.pathname") == "/api/plans/"
    for path in SIGNED_IN:
        looked_at(browser, server, path)
        looked_at(browser, server, path, width=390, height=844, dark=True)


@pytest.mark.parametrize("operation", ["Pictures-pictures_create", "Albums-albums_pictures_create"])
def test_a_file_alone_is_uploaded_from_the_documentation(browser, server, tmp_path, operation):
    alice = server.register("alice")
    album = alice.post("/api/albums/", json={"name": "Summer"}).json()["id"]
    (tmp_path / "photo.jpg").write_bytes(pictures.jpeg())
    browser.open(f"{server.url}/docs/")
    browser.until("document.querySelectorAll('.opblock').length")
    assert browser.run("document.querySelectorAll('#operations-tag-Aliases ~ * .opblock').length") == 0
    browser.run(f"ui.preauthorizeApiKey('bearer', '{alice.headers['Authorization'].split()[1]}')")
    place = f"#operations-{operation}"
    for button in (".opblock-summary-control", ".try-out__btn"):
        browser.until(f"document.querySelector('{place} {button}')")
        browser.run(f"document.querySelector('{place} {button}').click()")
    browser.until(f"document.querySelector('{place} input[type=file]')")
    browser.run(
        f"for (const field of document.querySelectorAll('{place} input[placeholder=album_id]')) {{"
        f"Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set.call(field, '{album}');"
        "field.dispatchEvent(new Event('input', {bubbles: true})); }"
    )
    browser.choose(f"{place} input[type=file]", tmp_path / "photo.jpg")
    # What was typed is taken over after a moment.
    response = f"document.querySelector('{place} .live-responses-table .response .response-col_status')"
    browser.until(f"{response} || document.querySelector('{place} .execute')?.click()")
    assert browser.run(f"{response}.innerText") == "201"


def test_a_counted_link_is_opened_by_its_button(browser, server):
    alice = server.register("alice")
    server.sql(
        "UPDATE accounts_user SET plan_id = (SELECT id FROM plans_plan WHERE name = 'Enterprise') WHERE id = ?",
        alice.user["id"],
    )
    picture = alice.post("/api/pictures/", files={"image": ("photo.png", pictures.png(400, 300))}).json()
    body = {"expiring_time_seconds": 300, "max_uses": 1}
    link = alice.post(f"/api/pictures/{picture['id']}/links/", json=body).json()
    looked_at(browser, server, link["url"].removeprefix(server.url), width=390, height=844, dark=True)
    assert browser.run("getComputedStyle(document.body).backgroundColor") == "rgb(20, 22, 28)"
    browser.heard.clear()
    browser.run("document.querySelector('form button').click()")
    browser.settle()
    assert browser.run("[document.contentType, document.images[0].naturalWidth].join(' ')") == "image/png 400"
    browser.open(link["url"])
    assert browser.run("document.querySelector('h1').innerText") == "This link has ended"
    assert alice.get(f"/api/links/{link['id']}/").json()["uses"] == 1


def test_an_invitation_is_answered_on_its_page(browser, server):
    alice = server.register("alice")
    club = alice.post("/api/organizations/", json={"name": "Hikers"}).json()["id"]
    sent = f"/api/organizations/{club}/invitations/"

    def opened(email):
        invitation = alice.post(sent, json={"email": email, "role": "editor"}).json()["id"]
        make = "from albumen.organizations.services.invitation_tokens import make_token as make"
        token = server.manage("shell", "--no-imports", "-c", f"{make}; print(make({invitation}, {email!r}))").strip()
        browser.open("about:blank")
        looked_at(browser, server, f"/invitations/#token={token}", width=390, height=844, dark=True)
        browser.until("!document.querySelector('main form').hidden")
        assert browser.run("location.hash") == ""
        assert browser.run("document.getElementById('organization').innerText") == "Hikers"

    opened("erin@example.com")
    browser.run(
        "for (const id of ['new-password', 'again']) document.getElementById(id).value = 'a long sentence';"
        "document.querySelector('main form').requestSubmit()"
    )
    browser.until("!document.getElementById('done').hidden")
    assert "are a member" in browser.run("document.getElementById('done').innerText")
    roles = [row["role"] for row in alice.get(f"/api/organizations/{club}/members/").json()["results"]]
    assert roles == ["owner", "editor"]
    opened("eve@example.com")
    browser.run("document.getElementById('decline').click()")
    browser.until("!document.getElementById('done').hidden")
    assert browser.run("document.getElementById('done').innerText") == "You have declined. Nobody is told."
    assert [row["email"] for row in alice.get(sent).json()["results"]] == ["eve@example.com"]
