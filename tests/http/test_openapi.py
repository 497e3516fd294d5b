"""The API's description in the forms that client generators take; what it says of answers is fuzzed elsewhere."""

import re
from pathlib import Path

import pytest
import yaml

METHODS = ("get", "post", "put", "patch", "delete")
FORMS = {
    "/api/pictures/",
    "/api/albums/{album_id}/pictures/",
    "/api/pictures/import/archive/",
    "/api/profile/avatar/",
    "/users/{user_id}/images/",
    "/api/v1/images_upload/",
}
# What a caller may not know is absent; so is what was not asked for.
MAY_BE_ABSENT = {
    "Problem": {"oldest", "errors"},
    "User": {
        "email",
        "phone",
        "plan",
        "usage",
        "is_staff",
        "is_active",
        "last_login",
        "language",
        "email_verified",
        "pending_email",
    },
    "Member": {"contacts"},
    "Uploaded": {"expiring_link"},
    "Imported": {"picture", "error"},
}
# One shape for all kinds of them.
ALL_OPTIONAL = {"EventData", "TaskResult"}


@pytest.fixture
def description(anonymous):
    return anonymous.get("/api/schema/?format=json").json()


def operations(description):
    for path, item in description["paths"].items():
        for method in METHODS:
            if method in item:
                yield path, method, item[method]


def parts(node):
    yield node
    inner = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    for each in inner:
        yield from parts(each)


def schemas(node):
    return [part for part in parts(node) if isinstance(part, dict)]


@pytest.mark.parametrize(
    ("query", "accept", "media_type"),
    [
        ("?format=json", "*/*", "application/json"),
        ("?format=json", "application/yaml", "application/json"),
        ("", "application/json", "application/json"),
        ("", "application/vnd.oai.openapi+json", "application/vnd.oai.openapi+json"),
        ("?format=yaml", "application/json", "application/yaml"),
        ("", "*/*", "application/vnd.oai.openapi"),
    ],
)
def test_it_comes_as_json_or_yaml_as_is_asked(anonymous, description, query, accept, media_type):
    answer = anonymous.get(f"/api/schema/{query}", headers={"Accept": accept})
    assert answer.status_code == 200
    assert answer["Content-Type"].partition(";")[0] == media_type
    assert yaml.load(answer.content, Loader=yaml.CSafeLoader) == description
    assert answer.content.isascii()


def test_another_form_is_refused(anonymous):
    answer = anonymous.get("/api/schema/?format=xml")
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/format")


def test_it_names_the_server_that_it_was_asked_at_and_a_license(anonymous, description, settings):
    settings.ALLOWED_HOSTS = ["pictures.example.com"]
    there = anonymous.get(
        "/api/schema/?format=json", headers={"Host": "pictures.example.com"}, SERVER_NAME="pictures.example.com"
    )
    assert there.json()["servers"] == [{"url": "http://pictures.example.com"}]
    assert description["info"]["license"] == {"name": "MIT", "identifier": "MIT"}


def test_every_integer_has_64_bits_and_ids_in_paths_are_integers(description):
    for part in schemas(description):
        if part.get("type") == "integer" or "integer" in (part.get("type") or ()):
            assert part["format"] == "int64", part
    for path, method, operation in operations(description):
        for parameter in operation.get("parameters", []):
            if parameter["in"] == "path" and parameter["name"].endswith("_id"):
                assert parameter["schema"]["type"] == "integer", (method, path)


def test_a_body_has_one_media_type_and_files_go_in_forms(description):
    for path, method, operation in operations(description):
        if "requestBody" in operation:
            form = path in FORMS and method in ("post", "put")
            (media_type,) = operation["requestBody"]["content"]
            assert media_type == ("multipart/form-data" if form else "application/json"), (method, path)


def test_no_shape_is_one_that_generators_stumble_over(description):
    for part in schemas(description["components"]["schemas"]):
        assert part.get("format") != "binary" or part["type"] == "string", part
        assert "readOnly" not in part
        assert "writeOnly" not in part
        options = part.get("oneOf", [])
        assert not options or (len(options) == 2 and {"type": "null"} in options), part
    assert description["components"]["schemas"]["RegisterRequest"]["properties"]["phone"]["type"] == "string"


def test_what_is_in_every_answer_is_required(description):
    components = description["components"]["schemas"]
    pending = [operation["responses"] for _, _, operation in operations(description)]
    seen = set()
    while pending:
        for part in schemas(pending.pop()):
            name = str(part.get("$ref", "")).rpartition("/")[2]
            if name and name not in seen:
                seen.add(name)
                pending.append(components[name])
    absent = {
        name: set(components[name].get("properties", {})) - set(components[name].get("required", ())) for name in seen
    }
    assert {name: some for name, some in absent.items() if some and name not in ALL_OPTIONAL} == MAY_BE_ABSENT


def test_codes_and_types_are_lists_of_words(description):
    components = description["components"]["schemas"]
    for shape in ("Problem", "ProblemError"):
        assert components[shape]["properties"]["code"] == {"$ref": "#/components/schemas/ErrorCode"}
    assert "quota_exceeded" in components["ErrorCode"]["enum"]
    events = yaml.safe_load((Path(__file__).parents[2] / "docs" / "asyncapi.yaml").read_text())
    said = set()
    for message in events["components"]["messages"].values():
        event = message["payload"].get("properties", {}).get("event", {})
        said |= {*event.get("enum", []), *filter(None, [event.get("const")])}
        data = message["payload"].get("properties", {}).get("data", {})
        assert set(data.get("properties", {})) <= set(components["EventData"]["properties"])
    assert said == set(components["EventType"]["enum"])


def test_no_two_choices_have_one_name(description):
    names = []
    for component in description["components"]["schemas"].values():
        names += component.get("x-enum-varnames") or map(str.upper, component.get("enum", []))
    assert len(names) == len(set(names))


def test_no_choice_has_a_name_that_languages_keep_for_themselves(description):
    for part in schemas(description):
        if isinstance(part.get("enum"), list) and "x-enum-varnames" not in part:
            assert not {"name", "ordinal", "entries"} & set(part["enum"]), part
            assert all(re.fullmatch("[a-z][a-z0-9_]*", value) for value in part["enum"] if value), part


def test_every_operation_has_a_description_of_its_own(description):
    seen = {}
    for path, method, operation in operations(description):
        text = operation.get("description")
        assert text, (method, path)
        if operation["tags"] != ["Aliases"]:
            assert text not in seen, (method, path, seen.get(text))
            seen[text] = (method, path)


def test_aliases_stand_last_under_a_tag_of_their_own(description):
    assert description["tags"][-1]["name"] == "Aliases"
    for path, method, operation in operations(description):
        alias = operation["operationId"].startswith("alias_")
        assert (operation["tags"] == ["Aliases"]) == alias, (method, path)


def test_the_description_says_nothing_of_how_the_service_is_built(description):
    internal = re.compile(r"serializer|queryset|docstring|`access`", re.IGNORECASE)
    described = {name: schema.get("description", "") for name, schema in description["components"]["schemas"].items()}
    assert {name: text for name, text in described.items() if internal.search(text)} == {}
    assert described["RegisterRequest"] == "A new account."


def test_each_body_has_a_name_of_its_own(description):
    bodies = description["paths"]["/api/email/verify/"]["post"]["requestBody"]["content"]
    assert bodies["application/json"]["schema"] == {"$ref": "#/components/schemas/EmailLinkRequest"}
