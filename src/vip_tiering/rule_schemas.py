"""The JSON Schema of every rule file, so that editors complete and check the YAML."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from vip_tiering.errors import OutputError
from vip_tiering.offer_models import PLAYBOOK_FILES
from vip_tiering.rule_models import FILES


def write_schemas(folder: Path) -> list[Path]:
    """Write the JSON Schema of every rule file into `folder`, as `tiers.schema.json` and so on; return the paths."""
    paths = []
    for file, model in sorted({**FILES, **PLAYBOOK_FILES}.items()):
        path = folder / file.replace(".yaml", ".schema.json")
        try:
            path.write_text(json.dumps(json_schema(file, model), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        except OSError as error:
            raise OutputError(f"{path}: cannot be written: {error.strerror}") from None
        paths.append(path)
    return paths


class _Schema(GenerateJsonSchema):
    """JSON Schema without noise: no generated titles, and no null, because a key without a value is refused."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        result = super().default_schema(schema)
        return {key: value for key, value in result.items() if (key, value) != ("default", None)}

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ANN401, ARG002 (pydantic's signature)
        return False


def json_schema(file: str, model: type[BaseModel]) -> dict[str, Any]:
    """Return the JSON Schema of a rule file, so that editors complete and check it."""
    schema = model.model_json_schema(schema_generator=_Schema)
    for part in schema.get("$defs", {}).values():
        part.pop("title", None)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": file}
