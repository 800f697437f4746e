"""One operation: who may ask, what is sent and what comes back."""
import html
import json
from urllib.parse import urlencode

from schema import anchor, rows_of, table, type_of
from text import block, code, folded, prose, value

KEYS = {"session": '-b "agentiv_session=$AGENTIV_SESSION"',
        "account": '-H "Authorization: Bearer $AGENTIV_API_KEY"',
        "local": '-H "Authorization: Bearer $OPERATOR_TOKEN"'}


class Document:
    def __init__(self, document):
        self.document = document

    def resolve(self, thing):
        """What "$ref" leads to, or the thing itself."""
        if "$ref" not in thing:
            return thing
        at = self.document
        for part in thing["$ref"].removeprefix("#/").split("/"):
            at = at[part]
        return at

    def operations(self):
        for path, item in self.document["paths"].items():
            for method, operation in item.items():
                yield method.upper(), path, operation


def example_of(of):
    """The first example of a parameter or a media type, None where it has none."""
    if "example" in of:
        return of["example"]
    first = next(iter(of.get("examples", {}).values()), None)
    return first["value"] if first else None


def body_of(document, operation):
    """(media type, its content, whether it is required) of the request's body; None where it takes none."""
    if "requestBody" not in operation:
        return None
    body = document.resolve(operation["requestBody"])
    media, content = next(iter(body["content"].items()))
    return media, content, body.get("required", False)


def quoted(text):
    return "'" + text.replace("'", "'\\''") + "'"


def sent(media, example):
    """The body as curl is given it."""
    if media == "application/x-www-form-urlencoded":
        return [f"-d {urlencode(example)}"]
    return [f"-H 'Content-Type: {media}'", f"-d {quoted(json.dumps(example, ensure_ascii=False))}"]


def curl(document, method, path, operation):
    """The operation as a command."""
    parameters = [document.resolve(p) for p in operation["parameters"]]
    for p in parameters:
        if p["in"] == "path":
            path = path.replace("{" + p["name"] + "}", str(p.get("example", p["name"].upper())))
    query = urlencode({p["name"]: p["example"] for p in parameters if p["in"] == "query" and "example" in p})
    words = ["curl"] + ([f"-X {method}"] if method != "GET" else [])
    words.append(f'"$AGENTIV_BASE_URL{path}{"?" + query if query else ""}"')
    words += [KEYS[operation["x-agentiv-access"]]] if operation["x-agentiv-access"] in KEYS else []
    body = body_of(document, operation)
    if body and example_of(body[1]) is not None:
        words += sent(body[0], example_of(body[1]))
    return " \\\n  ".join([" ".join(words[:3 if method != "GET" else 2]), *words[3 if method != "GET" else 2:]])


def parameters(document, operation):
    kinds = {"path": "In the path", "query": "In the query", "header": "Headers"}
    found = [document.resolve(p) for p in operation["parameters"]]
    out = []
    for kind, caption in kinds.items():
        rows = [(p["name"], p.get("required", False), {**p["schema"], "description": p["description"]})
                for p in found if p["in"] == kind]
        out.append(table(rows, caption))
    return "\n".join(filter(None, out))


def request(document, operation):
    body = body_of(document, operation)
    if not body:
        return ""
    media, content, required = body
    out = [f'<p>Body{"" if required else ", which may be left away"}: {code(media)}, {type_of(content["schema"])}</p>']
    rows = [row for row in rows_of(document.resolve(content["schema"])) if "." not in row[0] and "[]" not in row[0]]
    out.append(table(rows, "Members of the body"))
    if example_of(content) is not None:
        out.append(folded("Example of the body", value(example_of(content), "Example of the body")))
    return "\n".join(out)


def success(document, status, response):
    out = [f'<h4><span class="status">{status}</span> {html.escape(response["description"])}</h4>']
    for media, content in response.get("content", {}).items():
        schema = content["schema"]
        rows = [row for row in rows_of(schema) if row[0] != "success"]
        if len(rows) > 1:
            out.append(table(rows, f"{media}, beside success", always=True))
        else:
            takes = f"{code(rows[0][0])} is {type_of(rows[0][2])}" if rows else type_of(schema)
            out.append(f"<p>{code(media)}: {takes}</p>")
        if example_of(content) is not None:
            out.append(folded("Example", value(example_of(content), f"Example of {status}")))
    return "\n".join(out)


def codes_of(document, status, response):
    """Links to the codes of an error, or what its page is."""
    content = document.resolve(response).get("content", {})
    examples = content.get("application/json", {}).get("examples")
    if not examples:
        return f'<li>{status} {html.escape(document.resolve(response)["description"])}</li>'
    links = ", ".join(f'<a href="#{anchor("error", name)}">{name}</a>' for name in examples)
    return f"<li>{status} {links}</li>"


def responses(document, operation):
    out, errors = [], []
    for status, response in operation["responses"].items():
        if status.startswith("2"):
            out.append(success(document, status, document.resolve(response)))
        else:
            errors.append(codes_of(document, status, response))
    if errors:
        out.append(f'<h4>Errors</h4>\n<ul class="errors">{"".join(sorted(errors))}</ul>')
    return "\n".join(out)


def section(document, method, path, operation):
    name = anchor("operation", operation["operationId"])
    command = curl(document, method, path, operation)
    return "\n".join(filter(None, (
        f'<section id="{name}" aria-labelledby="{name}-title">',
        f'<h3 id="{name}-title"><a href="#{name}">{html.escape(operation["summary"])}</a></h3>',
        f'<p class="path"><span class="method {method.lower()}">{method}</span> {code(path)}</p>',
        prose(operation["description"]),
        parameters(document, operation), request(document, operation),
        folded("With curl", block(command, "With curl")),
        responses(document, operation), "</section>")))
