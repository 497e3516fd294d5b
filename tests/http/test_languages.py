"""The language of answers: what the person has chosen, else what the client prefers, else English."""

import inspect
import re
import socket
from html.parser import HTMLParser
from typing import Any

import pytest
from django.utils import timezone
from django.utils.translation import get_language

from albumen.errors import Forbidden, Invalid
from albumen.sentences import Amount, Sentence
from albumen.tasks.models import Status
from albumen.tasks.services import claims
from albumen.web import views
from albumen.web.urls import urlpatterns
from tests.http.problems import refused
from tests.http.test_tasks import start, take_up
from tests.server import Server
from tests.sockets import listening

RUSSIAN = re.compile("[а-яё]", re.IGNORECASE)
PAGE = {"Accept": "text/html"}
# What mails and refusals lead to; the API, as it is browsed and described, is in English.
FOR_PEOPLE = [
    f"/{route.pattern}"
    for route in urlpatterns
    if inspect.isfunction(getattr(route, "callback", None)) and route.callback.__module__ == views.__name__
    if route.name not in ("index", "events-page", "asyncapi")
]


def test_a_refusal_is_in_the_language_of_the_client(anonymous: Any) -> None:
    answer = anonymous.get("/api/profile/", headers={"Accept-Language": "ru-RU,ru;q=0.9"})
    problem = refused(answer, 401, "not_authenticated")
    assert problem["title"] == "Вход не выполнен"
    assert problem["detail"].startswith("Вход не выполнен. Сначала войдите: `POST /api/login/`")
    assert answer.headers["Content-Language"] == "ru"
    assert {"Accept", "Accept-Language"} <= {name.strip() for name in answer.headers["Vary"].split(",")}
    again = anonymous.get("/api/profile/")
    assert (again.json()["title"], again.headers["Content-Language"]) == ("Not signed in", "en")


def test_fields_say_what_is_wrong_in_russian(anonymous: Any) -> None:
    body = {"email": "no address", "password": "12345", "first_name": "x" * 151, "passwort": 1}
    problem = refused(
        anonymous.post("/api/register/", body, headers={"Accept-Language": "ru"}), 400, "unknown_field", "/passwort"
    )
    assert problem["errors"][0]["detail"] == "Такого поля нет. Может быть, password?"
    del body["passwort"]
    problem = refused(anonymous.post("/api/register/", body, headers={"Accept-Language": "ru"}), 400, "invalid")
    assert {error["pointer"]: error["detail"] for error in problem["errors"]} == {
        "/email": "Введите адрес электронной почты, например name@example.com.",
        "/first_name": "Наибольшее число символов: 150.",
    }
    short = {"email": "new@example.com", "password": "12345"}
    problem = refused(
        anonymous.post("/api/register/", short, headers={"Accept-Language": "ru"}), 400, "password_too_short"
    )
    assert "Введённый пароль слишком короткий" in problem["detail"]


def test_what_a_person_has_chosen_wins(alice: Any) -> None:
    assert alice.get("/api/profile/").json()["language"] is None
    answers = []
    for language, asked in [("ru", "en"), ("en", "ru"), (None, "ru"), (None, "de")]:
        assert alice.patch("/api/profile/", {"language": language}).json()["language"] == language
        answer = alice.get("/api/pictures/999/", headers={"Accept-Language": asked})
        answers.append((answer.json()["title"], answer.headers["Content-Language"]))
    assert answers == [("Не найдено", "ru"), ("Not found", "en"), ("Не найдено", "ru"), ("Not found", "en")]
    assert get_language() == "en"


def test_a_language_is_chosen_at_registration_or_not(anonymous: Any, alice: Any) -> None:
    body = {"email": "vera@example.com", "password": "a long sentence of hers", "language": "ru"}
    assert anonymous.post("/api/register/", body).json()["language"] == "ru"
    refused(anonymous.post("/api/register/", body | {"language": "de"}), 400, "invalid_choice", "/language")
    refused(alice.patch("/api/profile/", {"language": ""}), 400, "invalid_choice", "/language")


def test_others_do_not_learn_the_language(alice: Any, charlie: Any, dana: Any) -> None:
    alice.patch("/api/profile/", {"language": "ru"})
    assert "language" not in charlie.get(f"/api/users/{alice.id}/").json()
    assert dana.get(f"/api/users/{alice.id}/").json()["language"] == "ru"


def test_what_does_not_depend_on_the_language_does_not_say_so(alice: Any) -> None:
    answer = alice.get("/api/albums/", headers={"Accept-Language": "ru"})
    assert "Content-Language" not in answer.headers
    assert "Accept-Language" not in answer.headers.get("Vary", "")


@pytest.mark.parametrize("path", ["/nowhere/", "/links/none/", "/files/avatars/1/x/1/1/mac", "/docs/nowhere/"])
def test_a_page_is_in_the_language_of_the_browser(anonymous: Any, path: str) -> None:
    answer = anonymous.get(path, headers={**PAGE, "Accept-Language": "ru"})
    text = answer.content.decode()
    assert '<html lang="ru">' in text
    assert "На главную" in text
    assert RUSSIAN.search(re.search("<h1>(.*?)</h1>", text)[1])  # type: ignore[index]
    assert answer.headers["Content-Language"] == "ru"
    assert "Accept-Language" in answer.headers["Vary"]


@pytest.mark.parametrize("path", ["/admin/login/", "/docs/", "/docs/events/", "/redoc/", "/api/schema/"])
def test_the_panel_and_the_description_are_in_english(anonymous: Any, path: str) -> None:
    answer = anonymous.get(path, headers={**PAGE, "Accept-Language": "ru"})
    assert not RUSSIAN.search(answer.content.decode().replace("Русский", ""))


def test_the_error_of_a_task_is_in_the_language_of_its_reader(alice: Any) -> None:
    reader = {"Accept-Language": "ru"}
    errors = [
        Forbidden("quota_exceeded"),
        Forbidden("permission_denied", "Only administrators may do this."),
        Forbidden(
            "quota_exceeded", Sentence("Your plan takes files of up to %(most)s bytes.", most=Amount(25_000_000))
        ),
    ]
    said = []
    for error in errors:
        task = start(alice)
        claims.end_task(task=take_up(task), status=Status.FAILED, error=error, now=timezone.now())
        english = alice.get(f"/api/tasks/{task}/").json()["error"]
        assert english == {"code": error.code, "detail": error.detail}
        answer = alice.get(f"/api/tasks/{task}/", headers=reader)
        assert answer.headers["Content-Language"] == "ru"
        said.append(answer.json()["error"]["detail"])
    assert said == [
        "По вашему тарифу для этого нет места (корзина тоже учитывается). Удалите что-нибудь окончательно.",
        "Это могут делать только администраторы.",
        "Наибольший размер файла по вашему тарифу в байтах: 25\xa0000\xa0000.",
    ]


def test_so_are_the_errors_in_its_result(alice: Any) -> None:
    task = start(alice)
    refused_item = {"url": "http://a.example/", "error": Invalid("url_unreachable").as_json()}
    result = {"pictures": 1, "refused": 1, "results": [{"url": "http://b.example/", "picture": 1}, refused_item]}
    claims.end_task(task=take_up(task), status=Status.SUCCEEDED, result=result, now=timezone.now())
    shown = alice.get(f"/api/tasks/{task}/", headers={"Accept-Language": "ru"}).json()["result"]["results"]
    assert shown[0] == {"url": "http://b.example/", "picture": 1}
    assert shown[1]["error"]["code"] == "url_unreachable"
    assert shown[1]["error"]["detail"].startswith("По этому адресу вовремя не ответил ни один публичный сервер")


def test_a_socket_says_its_errors_in_russian(shared_server: Server) -> None:
    with listening(shared_server, additional_headers={"Accept-Language": "ru"}) as ear:
        ear.say({"type": "auth", "access": "no token"})
        assert ear.hear()["detail"] == "Токен (access) недействителен."


def test_what_never_reaches_django_is_russian_too(shared_server: Server) -> None:
    head = "POST /api/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Language: ru\r\nContent-Length: 9\r\n\r\n"
    with socket.create_connection(("127.0.0.1", shared_server.port), timeout=20) as connection:
        connection.sendall(head.encode() + b"{")
        connection.shutdown(socket.SHUT_WR)
        answer = connection.makefile("rb").read().decode()
    assert "content-language: ru" in answer
    assert "Тело запроса оборвалось. Пришлите его снова." in answer


def test_the_page_of_error_codes_is_in_russian_too(anonymous: Any) -> None:
    page = anonymous.get("/docs/errors/", headers={**PAGE, "Accept-Language": "ru"}).content.decode()
    assert re.search('<dt id="gone">.*?<dd>Это было здесь, но больше не существует.', page, re.DOTALL)
    assert [text for text in re.findall("<(?:h1|h2|dd|p)>(.*?)</", page, re.DOTALL) if not RUSSIAN.search(text)] == []


class Words(HTMLParser):
    """The words that a page shows, but for names and code."""

    def __init__(self) -> None:
        super().__init__()
        self.inside: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag not in ("input", "meta", "link", "br", "hr", "image"):
            self.inside.append(tag)
        for name, value in attrs:
            if (name.startswith("data-") and value[:1].isupper()) or name in ("placeholder", "aria-label"):
                self.words.append(value)

    def handle_endtag(self, tag: str) -> None:
        if tag in self.inside:
            while self.inside.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if not {"code", "pre", "script", "style"} & set(self.inside):
            self.words.append(data.strip())


@pytest.mark.parametrize("path", [*FOR_PEOPLE, "/api-auth/login/"])
def test_no_word_of_a_page_for_people_is_left_in_english(anonymous: Any, path: str) -> None:
    reader = Words()
    reader.feed(anonymous.get(path, headers={**PAGE, "Accept-Language": "ru"}).content.decode())
    english = [text for text in reader.words if re.search("[A-Za-z]", text) and not RUSSIAN.search(text)]
    assert [text for text in english if text not in ("Albumen", "API")] == []


def test_a_wrong_choice_is_answered_with_those_that_there_are(alice):
    for language, words in (("en", "Send one of these"), ("ru", "Пришлите одно из этих значений")):
        answer = alice.post(
            "/api/albums/", {"name": "Mine", "visibility": "all"}, headers={"Accept-Language": language}
        )
        refused(answer, 400, "invalid_choice", "/visibility")
        assert answer.json()["errors"][0]["detail"] == f"{words}: private, organization, public."
