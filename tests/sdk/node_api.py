"""Writes TypeScript that holds only when the Node SDK's types and the API's description say the same.

Of both sides each is assignable to the other: schemas, what methods resolve to, and bodies of requests."""
import json
import re

from node_package import SDK, modules, nodes, run

HEAD = """import Agentiv from 'agentiv-sdk';
import type * as sdk from 'agentiv-sdk';
import type { components, paths } from './api';

type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : 'the SDK has what the API has not') : 'the API has what the SDK has not';
type Takes<A, B> = [A] extends [never] ? 'the API takes nothing' : [A] extends [B] ? true : 'the API takes what the SDK does not';
type Schema = components['schemas'];
type Body<Path extends keyof paths, Method extends keyof paths[Path]> =
  paths[Path][Method] extends { responses: infer All } ? { [Status in keyof All]: Status extends 200 | 201 | 202
    ? All[Status] extends { content: { 'application/json': infer Json } } ? Json : never : never }[keyof All] : never;
type Request<Path extends keyof paths, Method extends keyof paths[Path]> =
  paths[Path][Method] extends { requestBody?: infer Given } ? NonNullable<Given> extends { content: { 'application/json': infer Json } }
    ? Json : never : never;
type Data<B> = B extends { data: infer D } ? D : never;
type Page<B> = B extends { success: true } ? Omit<B, 'success'> : never;
type Result<Method extends (...args: any) => Promise<any>> = Awaited<ReturnType<Method>>;

"""

# what a method of the kind resolves to, in terms of the body of the answer
SHAPES = {**dict.fromkeys((None, "list", "run", "deleted", "cancelled"), "Data<{body}>"),
          **dict.fromkeys(("pages", "steps"), "Page<{body}>")}
# kinds that give something else than the answer: a bare document, a stream, a session's token beside
OF_THEIR_OWN = {"bare", "events", "session", "wait"}


def routes():
    """[(name of the method, route)] of the SDK's table."""
    table = json.loads(run(nodes()["system"], "-p", "JSON.stringify(require('./lib/routes'))", cwd=SDK))
    openapi = table.pop("openapi")
    found = [(f"{resource}.{name}", route) for resource, methods in table.items() for name, route in methods.items()]
    return [*found, ("openapi", {**openapi, "kind": "bare"})]


def sdk_types():
    """The names of types.d.ts that stand for something of the API."""
    text = (SDK / "lib/types.d.ts").read_text(encoding="utf-8")
    return set(re.findall(r"^export (?:interface|type) (\w+)", text, re.M))


def anonymous(path):
    return re.sub(r"\{\w+\}", "{}", path)


def method_type(name):
    resource, _, method = name.partition(".")
    return f"Agentiv['{resource}']['{method}']"


def method_lines(document):
    """One for each method: its result; and one for its body, where it has one."""
    paths = {anonymous(path): path for path in reversed(document["paths"])}
    for number, (name, route) in enumerate(routes()):
        kind, method = route.get("kind"), route["method"].lower()
        where = f"'{paths[anonymous(route['path'])]}', '{method}'"
        if kind not in OF_THEIR_OWN:
            shape = SHAPES[kind].format(body=f"Body<{where}>")
            yield f"export const result{number}: Same<{shape}, Result<{method_type(name)}>> = true;      // {name}"
        if route.get("body"):
            last = f"NonNullable<Parameters<{method_type(name)}>[{route['path'].count('{')}]>"
            yield f"export const takes{number}: Takes<Request<{where}>, {last}> = true;      // {name}"


def write(folder, document):
    """api.ts and same.ts in the folder."""
    (folder / "openapi.json").write_text(json.dumps(document), encoding="utf-8")
    run(nodes()["system"], modules() / "openapi-typescript/bin/cli.js", "openapi.json", "--empty-objects-unknown",
        "--default-non-nullable=false", "-o", "api.ts", cwd=folder)
    both = sorted(sdk_types() & set(document["components"]["schemas"]))
    schemas = [f"export const is{name}: Same<Schema['{name}'], sdk.{name}> = true;" for name in both]
    (folder / "same.ts").write_text(HEAD + "\n".join([*schemas, *method_lines(document)]) + "\n", encoding="utf-8")
