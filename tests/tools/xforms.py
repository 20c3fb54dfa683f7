"""XForms beside those of pyxform: `xforms.py FORMS OURS` prints a line of JSON for each XLSForm of the folder FORMS.

{"name", "theirs", "ours"}: both XForms as trees in which what has no order has none, and expressions are
{"xpath": text}. The last line is {"invalid", "said"}: which of ours ODK Validate, whose jar is in pyxform, refuses, and what it says.
"""

import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pyxform
from pyxform.xls2xform import convert

SPACES = {
    "http://www.w3.org/2002/xforms": "",
    "http://www.w3.org/1999/xhtml": "h:",
    "http://openrosa.org/javarosa": "jr:",
    "http://openrosa.org/xforms": "orx:",
    "http://www.opendatakit.org/xforms": "odk:",
}
XPATHS = {"relevant", "required", "constraint", "calculate", "readonly", "jr:count", "value", "nodeset"}
# What holds of a node unless something else is said.
UNSAID = {("type", "string"), ("required", "false()"), ("readonly", "false()")}


def name(tag):
    match = re.fullmatch(r"\{(.*)\}(.*)", tag)
    return SPACES.get(match[1], match[1] + ":") + match[2] if match else tag


def attributes(element):
    kind = name(element.tag)
    said = {}
    for key, value in element.attrib.items():
        key = name(key)
        plain = (kind in ("bind", "repeat") and key == "nodeset") or (kind == "value")
        said[key] = {"xpath": value} if key in XPATHS and not plain else value
    return said


def words(element):
    """What is said, with answers in it; blanks at the ends and their number are no matter."""
    parts = [element.text or ""]
    for child in element:
        parts += [{"xpath": child.get("value")}, child.tail or ""]
    parts = [re.sub(r"\s+", " ", it).strip() if isinstance(it, str) else it for it in parts]
    return [it for it in parts if it]


def tree(element):
    kind = name(element.tag)
    if kind in ("label", "hint"):
        return {kind: [attributes(element), words(element)]}
    inner = [tree(it) for it in element]
    text = (element.text or "").strip()
    return {kind: [attributes(element), *([text] if text else []), *inner]}


def form(text):
    root = ET.fromstring(text)
    head, body = root
    title, model = head
    said = {"title": title.text, "model": attributes(model), "itext": {}, "tables": {}, "binds": {}, "actions": []}
    for it in model:
        kind = name(it.tag)
        if kind == "itext":
            for language in it:
                texts = {
                    entry.get("id"): {value.get("form", "long"): words(value) for value in entry} for entry in language
                }
                said["itext"][language.get("lang")] = [language.get("default"), texts]
        elif kind == "instance" and "record" not in said:
            said["record"] = tree(it[0])
        elif kind == "instance":
            rows = [sorted(([name(cell.tag), cell.text or ""] for cell in row)) for root in it for row in root]
            said["tables"][it.get("id")] = [it.get("src"), rows]
        elif kind == "bind":
            held = {key: value for key, value in attributes(it).items() if key != "nodeset"}
            plain = lambda value: value["xpath"] if isinstance(value, dict) else value
            held = {key: value for key, value in held.items() if (key, plain(value)) not in UNSAID}
            if held:
                said["binds"][it.get("nodeset")] = held
        elif kind == "submission":
            said["submission"] = attributes(it)
        else:
            said["actions"].append(tree(it))
    said["actions"].sort(key=lambda it: json.dumps(it, sort_keys=True))
    said["body"] = tree(body)
    return said


def validate(files):
    """Names of the files that ODK Validate refuses, and what it says; one run of Java for all, since it takes long to start."""
    jar = Path(pyxform.__file__).parent / "validators/odk_validate/bin/ODK_Validate.jar"
    run = subprocess.run(["java", "-Xmx512m", "-jar", jar, *files], capture_output=True, text=True)
    assert run.returncode in (0, 1), run.stderr
    refused = run.stderr.partition("The following files failed validation:\n")[2].splitlines()
    refused = [Path(it).stem for it in refused if it.endswith(".xml")]
    assert bool(refused) == bool(run.returncode), run.stderr
    return refused, run.stderr


def main(forms, ours):
    files = sorted(it for it in Path(forms).glob("*.csv") if (Path(ours) / it.with_suffix(".xml").name).exists())
    for file in files:
        own = Path(ours) / file.with_suffix(".xml").name
        theirs = convert(str(file), validate=False, pretty_print=False).xform
        print(json.dumps({"name": file.stem, "theirs": form(theirs), "ours": form(own.read_text())}))
    refused, said = validate([str(Path(ours) / it.with_suffix(".xml").name) for it in files])
    print(json.dumps({"invalid": sorted(refused), "said": said}))


main(*sys.argv[1:])
