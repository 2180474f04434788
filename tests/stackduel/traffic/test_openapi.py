"""OpenAPI documents: their operations as requests."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from stackduel.model.errors import FieldError
from stackduel.planning.suites_by_name import read_suite
from stackduel.traffic.import_options import ImportOptions
from stackduel.traffic.recording import RecordedRequest, Recording, Route
from stackduel.traffic.sources import read_sources
from tests.stackduel.cli.called import called

UNSAFE = ImportOptions(frozenset({"GET", "POST"}))
ITEM = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 1}}


def document(paths: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"openapi": "3.1.0", "info": {"title": "shop", "version": "1"}, "paths": paths, **more}


def read(folder: Path, tables: dict[str, Any], options: ImportOptions | None = None) -> Recording:
    path = folder / "openapi.json"
    path.write_text(json.dumps(tables), encoding="utf-8")
    return read_sources([str(path)], options or ImportOptions())


def asked(route: Route) -> list[str]:
    return [request.target for request, _ in route.examples]


def test_examples_of_the_document_are_asked(tmp_path: Path) -> None:
    """Of a parameter, by name; of its schema; its choices and its default. What is optional without one is left out."""
    parameters = [
        {**ITEM, "examples": {"one": {"value": 7}, "two": {"value": 8}}},
        {"name": "sort", "in": "query", "schema": {"enum": ["name", "price"]}},
        {"name": "page", "in": "query", "schema": {"type": "integer", "default": 1}},
        {"name": "filter", "in": "query", "schema": {"type": "string"}},
        {"$ref": "#/components/parameters/lang"},
    ]
    components = {"parameters": {"lang": {"name": "lang", "in": "query", "example": "dé"}}}
    servers = [{"url": "https://shop.example/v1/"}]
    tables = document(
        {"/items/{id}": {"get": {"parameters": parameters}, "post": {}}}, components=components, servers=servers
    )
    recording = read(tmp_path, tables)
    (route,) = recording.routes
    assert route.label == "GET /v1/items/{id}"
    assert asked(route) == [
        "/v1/items/7?sort=name&page=1&lang=d%C3%A9",
        "/v1/items/8?sort=price&page=1&lang=d%C3%A9",
    ]
    assert recording.methods == {"POST": 1}


def test_values_are_made_where_there_is_no_example(tmp_path: Path) -> None:
    """They are of the schema, stand in a path, and are the same every time."""
    pytest.importorskip("hypothesis_jsonschema")
    code = {"name": "code", "in": "path", "required": True, "schema": {"$ref": "#/components/schemas/Code"}}
    components = {"schemas": {"Code": {"type": "string", "pattern": "^[a-z]{3}$"}}}
    tables = document({"/{id}/{code}": {"parameters": [ITEM], "get": {"parameters": [code]}}}, components=components)
    (route,) = read(tmp_path, tables).routes
    for target in asked(route):
        _, number, word = target.split("/")
        assert int(number) >= 1
        assert (len(word), word.islower()) == (3, True)
    assert len(route.examples) == 3
    assert read(tmp_path, tables).routes == (route,)


def test_bodies_and_the_status_of_the_right_answer(tmp_path: Path) -> None:
    """A body is JSON or a form, and the least status of a success is expected."""
    content = {"application/json": {"example": {"name": "größe"}}}
    form = {"application/x-www-form-urlencoded": {"example": {"q": "a b"}}}
    tables = document(
        {
            "/items": {"post": {"requestBody": {"content": content}, "responses": {"422": {}, "201": {}}}},
            "/find": {"post": {"requestBody": {"content": form, "required": True}, "responses": {"default": {}}}},
        }
    )
    items, find = read(tmp_path, tables, UNSAFE).routes
    json_type, form_type = "application/json", "application/x-www-form-urlencoded"
    sent = RecordedRequest("POST", "/items", 201, (("Content-Type", json_type),), '{"name": "größe"}')
    assert items.examples == ((sent, 1),)
    assert find.examples == ((RecordedRequest("POST", "/find", 200, (("Content-Type", form_type),), "q=a+b"), 1),)


def test_a_body_is_put_together_of_its_parts(tmp_path: Path) -> None:
    """Required parameters are taken, and those with an example; a schema that holds itself is refused."""
    pytest.importorskip("hypothesis_jsonschema")
    schemas = {
        "Named": {"properties": {"name": {"type": "string", "example": "lamp"}}},
        "Item": {
            "allOf": [
                {"$ref": "#/components/schemas/Named"},
                {
                    "properties": {
                        "id": {"type": "string", "format": "uuid"},
                        "price": {"type": "number", "minimum": 1},
                        "tags": {"type": "array", "items": {"enum": ["new"]}, "minItems": 1},
                        "note": {"type": "string"},
                    },
                    "required": ["id", "price", "tags"],
                },
            ]
        },
        "Tree": {"properties": {"left": {"$ref": "#/components/schemas/Tree"}}, "required": ["left"]},
    }

    def posting(name: str) -> dict[str, Any]:
        content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}
        return {"post": {"requestBody": {"required": True, "content": content}}}

    tables = document({"/i": posting("Item"), "/t": posting("Tree")}, components={"schemas": schemas})
    item, tree = read(tmp_path, tables, UNSAFE).routes
    body = json.loads(item.examples[0][0].body)
    assert (body["name"], body["tags"], sorted(body)) == ("lamp", ["new"], ["id", "name", "price", "tags"])
    assert (len(body["id"]), body["price"] >= 1) == (36, True)
    assert tree.withheld == "its body: its schema is nested too deeply"


def test_what_cannot_be_asked_says_why(tmp_path: Path) -> None:
    """A cookie that is needed, another kind of body, a place without a parameter."""
    cookie = {"name": "sid", "in": "cookie", "required": True, "example": "x"}
    tables = document(
        {
            "/a": {"get": {"parameters": [cookie]}},
            "/b/{id}": {"get": {}},
            "/c": {"post": {"requestBody": {"required": True, "content": {"image/png": {}}}}},
        }
    )
    assert [route.withheld for route in read(tmp_path, tables, UNSAFE).routes] == [
        "it needs the cookie sid",
        "its path has a place without a parameter",
        "its body is none of application/json and application/x-www-form-urlencoded",
    ]


def test_the_extra_is_named_where_it_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """YAML needs it, and so does a parameter without an example; a document with examples does not."""
    monkeypatch.setitem(sys.modules, "hypothesis_jsonschema", None)
    monkeypatch.setitem(sys.modules, "yaml", None)
    with pytest.raises(FieldError, match=r"made of its schema: pip install 'stackduel\[openapi\]'"):
        read(tmp_path, document({"/{id}": {"get": {"parameters": [ITEM]}}}))
    (tmp_path / "api.yaml").write_text("openapi: 3.0.3\npaths: {}\n", encoding="utf-8")
    with pytest.raises(FieldError, match=r"YAML is read with PyYAML: pip install 'stackduel\[openapi\]'"):
        read_sources([str(tmp_path / "api.yaml")], ImportOptions())
    assert read(tmp_path, document({"/": {"get": {}}})).routes


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"openapi": "3.1.0", ', "not valid JSON"),
        ('{"swagger": "2.0"}', "OpenAPI 3 is read, and this is Swagger 2.0"),
        ("openapi: [", "not valid YAML"),
        ("- openapi: 3", "no OpenAPI document"),
    ],
    ids=["broken JSON", "Swagger 2", "broken YAML", "a list"],
)
def test_another_document_is_refused_by_name(tmp_path: Path, content: str, said: str) -> None:
    """The error says what is wrong with it."""
    path = tmp_path / "openapi.txt"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(FieldError, match=f"openapi.txt: {said}"):
        read_sources([str(path)], ImportOptions())


@pytest.mark.parametrize("odd", [None, 3, "text", [1], {"get": 1}, {"get": {"parameters": 3, "responses": 1}}], ids=str)
def test_no_odd_document_breaks_the_reader(tmp_path: Path, odd: Any) -> None:
    """A value that is no table counts as an empty one, and a reference to itself or elsewhere as nothing."""
    circle = {"$ref": "#/components/parameters/a"}
    components = {"parameters": {"a": circle}}
    for paths in ({"/": odd}, odd, {"/": {"get": {"parameters": [circle, {"$ref": "other.json"}, odd]}}}):
        read(tmp_path, document(paths, components=components, servers=odd))


def test_a_document_is_a_suite_of_equal_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many examples an operation has; what the suite cannot ask is a comment in it."""
    monkeypatch.chdir(tmp_path)
    many = {**ITEM, "examples": {"a": {"value": 1}, "b": {"value": 2}, "c": {"value": 3}}}
    tables = document({"/items/{id}": {"get": {"parameters": [many]}}, "/": {"get": {}}, "/x/{y}": {"get": {}}})
    Path("openapi.json").write_text(json.dumps(tables), encoding="utf-8")
    done = called("import", "openapi.json")
    assert (done.returncode, done.stderr) == (0, "")
    (scenario, *_) = read_suite("openapi.toml").scenarios
    assert [(each.target, each.weight) for each in scenario.workloads] == [
        ("/items/1", 2), ("/items/2", 2), ("/items/3", 2), ("/", 6)
    ]  # fmt: skip
    assert "GET /x/{y}: its path has a place without a parameter" in Path("openapi.toml").read_text(encoding="utf-8")
