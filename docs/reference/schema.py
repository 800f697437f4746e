"""JSON Schema as rows of a table: what people want to know of an object's members."""
import html
import json
import re

from text import code, prose

NOTES = (("minimum", "at least {}"), ("maximum", "at most {}"), ("minLength", "at least {} characters"),
         ("maxLength", "at most {} characters"), ("minItems", "at least {} items"), ("maxItems", "at most {} items"))


def anchor(kind, name):
    return f"{kind}-{re.sub(r'[^A-Za-z0-9]+', '-', name)}".lower()


def reference(ref):
    """A link to the named schema that "$ref" leads to; the last words of one that leads into a schema."""
    name = ref.removeprefix("#/components/schemas/")
    if "/" in name:
        return html.escape(name.rpartition("/")[2])
    return f'<a href="#{anchor("schema", name)}">{html.escape(name)}</a>'


def literal(value):
    return code(json.dumps(value, ensure_ascii=False))


def joined(kinds):
    return " or ".join(dict.fromkeys(kinds))


def type_of(schema):
    """HTML that tells which values the schema takes."""
    if "$ref" in schema:
        return reference(schema["$ref"])
    if "const" in schema:
        return literal(schema["const"])
    if "enum" in schema:
        return joined(map(literal, schema["enum"]))
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return joined(map(type_of, schema[several]))
    types = schema.get("type", "any")
    if isinstance(types, list):
        return joined(type_of({**schema, "type": t}) for t in types)
    if types == "array" and isinstance(schema.get("items"), dict):
        return f"array of {type_of(schema['items'])}"
    if types == "string" and "format" in schema:
        return html.escape(f"string ({schema['format']})")
    return html.escape(types)


def notes_of(schema):
    notes = [text.format(f"{schema[key]:,}") for key, text in NOTES if key in schema]
    if "default" in schema:
        notes.append(f"default {json.dumps(schema['default'], ensure_ascii=False)}")
    return "; ".join(notes)


def nested(name, schema):
    """The object inside a member, with the name that its members' names begin with."""
    if "properties" in schema:
        return name + ".", schema
    items = schema.get("items")
    return nested(name + "[]", items) if isinstance(items, dict) else (None, None)


def rows_of(schema, before=""):
    """(name, required, member's schema) of each member, those of objects within it behind it."""
    for name, member in schema.get("properties", {}).items():
        yield before + name, name in schema.get("required", ()), member
        inner, of = nested(before + name, member)
        if of:
            yield from rows_of(of, inner)


def member(name, required, schema, always):
    optional = "" if required or always else ' <span class="quiet">optional</span>'
    about = prose(schema.get("description", ""))
    notes = notes_of(schema)
    if notes:
        about += f'<p class="quiet">{html.escape(notes)}</p>'
    return f'<tr><th scope="row">{code(name)}{optional}</th><td>{type_of(schema)}</td><td>{about}</td></tr>'


def table(rows, caption, always=False):
    """always: it goes without saying that all are there."""
    cells = "\n".join(member(*row, always) for row in rows)
    if not cells:
        return ""
    return (f'<div class="wide"><table><caption>{html.escape(caption)}</caption>\n<thead><tr><th scope="col">Name</th>'
            f'<th scope="col">Type</th><th scope="col">Meaning</th></tr></thead>\n<tbody>\n{cells}\n</tbody></table></div>')
