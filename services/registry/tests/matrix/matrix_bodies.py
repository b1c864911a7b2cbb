"""What each row of the matrix sends: paths with the village's ids in them, and bodies that the
route takes, so that whoever is refused is refused for what he is."""

import base64
import re
from datetime import timedelta
from typing import Any

from huiyan_registry.openapi import openapi_document
from matrix_town import PNG, TRIANGLE, VILLAGES, MatrixTown, new_camera

DOCUMENT = openapi_document()
OWN = VILLAGES["own"]
# The usual thing, and what a row's variant asks for instead.
USUAL = {"camera": "road", "household": "household", "look": "look"}
VARIANTS: dict[str, dict[str, str]] = {
    "home": {"camera": "home"},
    "private home": {"camera": "closed", "household": "closed household"},
    "home switched off": {"camera": "off"},
    "road with a mask": {"camera": "masked"},
    "checked draft": {"camera": "draft"},
    "asked by the police": {"look": "police look"},
    "home without an owner": {"household": "empty household"},
    # Other ways of asking for the usual thing:
    "with the owner's signature": {},
    "without a purpose": {},
    "for a probe": {},
    "may look": {},
}
# Members that a body may lack, and that its rules then ask for.
ALSO = {"by", "course", "document"}
QUERIES = {
    "PUT /api/v1/cameras/{camera}/signage": "?posted_on=2026-11-01",
    "POST /api/v1/areas/import": "?dry_run=true",
    "POST /api/v1/cameras/import": "?dry_run=true",
}
TABLES = {
    "POST /api/v1/areas/import": f"code,level,name\n{OWN},village,改名村\n",
    "POST /api/v1/cameras/import": "name,area,legal_class,site_kind,placement,main_url\n"
    f"新点,{OWN}001,gov_public,road,roadside,rtsp://10.20.0.9:554/table\n",
}


class Question:
    """One row, asked in one town."""

    def __init__(self, town: MatrixTown, route: str, variant: str) -> None:
        self.method, _, self.template = route.partition(" ")
        self._route, self._variant, self._town = route, variant, town
        things = USUAL | VARIANTS[variant] if variant else USUAL
        self._ids = town.ids | {name: town.ids[thing] for name, thing in things.items()}
        self._ids["principal"] = self._principal()

    def _principal(self) -> str:
        """The officer whose post ends, the relative who goes, else the colleague."""
        if "/members/" in self.template:
            return str(self._town.one("relative").principal)
        if self._route.startswith("DELETE") and "/officers/" in self.template:
            return str(self._town.one("grid_officer").principal)
        return self._town.ids["account"]

    @property
    def path(self) -> str:
        """With ids and query."""
        filled = re.sub(r"{(\w+)}", lambda found: self._ids[found[1]], self.template)
        if self._route == "GET /api/v1/links":
            return f"{filled}?household={self._ids['household']}"
        return filled + QUERIES.get(self._route, "")

    @property
    def content(self) -> dict[str, Any]:
        """`body`, or `content` with its type; empty where the route takes nothing."""
        operation = DOCUMENT["paths"][self.template][self.method.lower()]
        kinds = operation.get("requestBody", {}).get("content", {})
        if not kinds:
            return {}
        kind = next(iter(kinds))
        if kind == "application/json":
            return {"body": self._json(kinds[kind]["schema"])}
        if kind.startswith("image/"):
            return {"content": PNG, "headers": {"Content-Type": "image/png"}}
        return {"content": TABLES[self._route].encode(), "headers": {"Content-Type": "text/csv"}}

    def _json(self, schema: dict[str, Any]) -> Any:
        ids = self._ids
        match self._route:
            case "POST /api/v1/cameras":
                return new_camera()
            case "POST /api/v1/areas":
                return {"code": f"{OWN}009", "level": "group", "name": "九社"}
            case "POST /api/v1/accounts":
                role = {"role": "clerk", "area": OWN}
                return {"account": "somebody9", "name": "某某", "roles": [role]}
            case "POST /api/v1/accounts/{account}/roles":
                return {"role": "grid_officer", "area": OWN}
            case "POST /api/v1/cameras/{camera}/state":
                return {"state": "verified" if self._variant == "checked draft" else "suspended"}
            case "PUT /api/v1/cameras/{camera}/mask":
                return {"polygons": TRIANGLE}
            case "PATCH /api/v1/cameras/{camera}" | "PATCH /api/v1/households/{household}":
                return {"name": "改个名"}
            case "POST /api/v1/break-glass":
                told = {"purpose": "search", "text": "找走失老人", "minutes": 20}
                return {"cameras": [ids["camera"]], **told}
            case "POST /api/v1/grants":
                return self._grant()
            case "POST /api/v1/grants/{grant}/views":
                return {"views": [{"camera": ids["home"]}]}
            case "PUT /api/v1/households/{household}/consents":
                return self._consent()
            case "POST /api/v1/onboarding/probe":
                # Port 1 of the loopback: nobody listens there.
                return {"address": "127.0.0.1", "port": 1, "user": "admin", "password": "x"}
            case "POST /api/v1/onboarding/check":
                return {"camera": ids["draft"]}
        return self._sample(schema)

    def _grant(self) -> dict[str, Any]:
        probe = self._variant == "for a probe"
        body = {
            "kind": "probe" if probe else "view",
            "views": [{"camera": self._ids["camera"]}],
        }
        if probe or self._variant == "without a purpose":
            return body
        return body | {"purpose": {"code": "patrol", "text": ""}}

    def _consent(self) -> dict[str, Any]:
        body = {"scope": "live_town", "text_version": self._town.texts, "language": "zh-CN"}
        if self._variant == "with the owner's signature":
            body |= {"signatory": "王大娘", "signature": base64.b64encode(PNG).decode()}
        return body

    def _sample(self, schema: dict[str, Any], name: str = "") -> Any:
        """The least that the schema takes, about the village's things."""
        if "$ref" in schema:
            named = schema["$ref"].rpartition("/")[2]
            return self._sample(DOCUMENT["components"]["schemas"][named], name)
        known = self._known()
        if name in known and not (name == "text" and schema.get("type") != "string"):
            return known[name]
        if "enum" in schema or "const" in schema:
            return schema.get("enum", [schema.get("const")])[0]
        for some in ("anyOf", "oneOf", "allOf"):
            if some in schema:
                return self._sample(schema[some][0], name)
        match schema.get("type"):
            case "object":
                members = schema.get("properties", {})
                wanted = {*schema.get("required", []), *ALSO & set(members)}
                return {one: self._sample(members[one], one) for one in sorted(wanted)}
            case "array":
                return [self._sample(schema["items"], name)] * schema.get("minItems", 0)
            case "integer" | "number":
                return max(schema.get("minimum", 1), 1)
            case "boolean":
                return True
            case "null":
                return None
        if schema.get("format") in ("date", "date-time"):
            return self._soon()[: 10 if schema["format"] == "date" else None]
        return "某" * max(schema.get("minLength", 1), 2) if "pattern" not in schema else "aa"

    def _soon(self) -> str:
        return (self._town.now + timedelta(hours=1)).isoformat()

    def _known(self) -> dict[str, Any]:
        """Values of members by their names."""
        ids = self._ids
        return {
            "area": f"{OWN}002", "group": f"{OWN}002", "areas": [OWN],
            "household": ids["household"], "camera": ids["camera"], "cameras": [ids["camera"]],
            "principal": ids["account"], "into": VILLAGES["sister"],
            "until": self._soon(), "from": self._town.now.isoformat(),
            "text_version": self._town.texts, "language": "zh-CN",
            "by": "镇政府", "course": "上岗培训", "text": "找走失老人",
            "code": "000000", "document": base64.b64encode(b"%PDF-1.4\n%%EOF\n").decode(),
        }  # fmt: skip
