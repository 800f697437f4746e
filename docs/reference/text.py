"""Text as HTML: the little Markdown that the descriptions have, and values as they are sent."""
import html
import json
import re


def code(text):
    return f"<code>{html.escape(text)}</code>"


def inline(text):
    return re.sub(r"`([^`]*)`", r"<code>\1</code>", html.escape(text, quote=False))


def prose(text):
    return "".join(f"<p>{inline(part)}</p>" for part in text.split("\n\n") if part)


def block(text, label):
    return f'<pre tabindex="0" aria-label="{html.escape(label)}"><code>{html.escape(text)}</code></pre>'


def value(example, label):
    """JSON, or text as it is."""
    text = example if isinstance(example, str) else json.dumps(example, indent=2, ensure_ascii=False)
    return block(text, label)


def folded(title, body):
    return f"<details><summary>{html.escape(title)}</summary>\n{body}</details>"
