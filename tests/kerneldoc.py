#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
Which functions of the drivers lack documentation.

Each function that a header declares, inline ones included, has a kernel-doc
block, at its definition, that says in what context it may be called ("Context:",
or "Any context." in a sentence) and, unless it is void, what it returns
("Return:"). One line for each thing that is missing; nothing is good news.

usage: kerneldoc.py FILE...	headers and the sources that belong to them
"""
import re
import sys

BLOCK = re.compile(r"/\*\*\n \* (\w+)\(\) - (.*?)\*/", re.DOTALL)
FUNCTION = re.compile(r"(?P<type>[\w\s]+?[\s*]+)(?P<name>[a-z]\w*)\(")
CONTEXT = re.compile(r"\bContext: \w|\b[Aa]ny context\b")
RETURN = re.compile(r"^ \* Return: \S", re.MULTILINE)


def declarations(text):
    """What a header has at its outermost level: no comments, bodies, attributes."""
    text = re.sub(r"/\*.*?\*/", " ", text, flags=re.DOTALL)
    text = re.sub(r"^[ \t]*#(?:.*\\\n)*.*$", "", text, flags=re.MULTILINE)
    text = re.sub(r"\b__\w+\([^()]*\)", "", text)
    depth, start = 0, 0
    for at, char in enumerate(text):
        if char == "{":
            if depth == 0:
                yield text[start:at].strip()
            depth += 1
        elif char == "}":
            depth -= 1
            start = at + 1
        elif char == ";" and depth == 0:
            yield text[start:at].strip()
            start = at + 1


def main():
    texts = {}
    for name in sys.argv[1:]:
        with open(name, encoding="utf-8") as file:
            texts[name] = file.read()
    blocks = {name: block for text in texts.values() for name, block in BLOCK.findall(text)}

    for file, text in texts.items():
        if not file.endswith(".h"):
            continue
        for declaration in declarations(text):
            function = FUNCTION.match(declaration)
            if not function:
                continue
            name = function["name"]
            if name not in blocks:
                print(f"{file}: {name}: no kernel-doc")
                continue
            if not CONTEXT.search(re.sub(r"\s*\n \*", "", blocks[name])):
                print(f"{file}: {name}: no context")
            void = function["type"].split()[-1] == "void"
            if not void and not RETURN.search(blocks[name]):
                print(f"{file}: {name}: no Return:")


main()
