"""Prints stylesheets.json: parts of style sheets, and the URLs that tinycss2 1.5.1 finds in them.

A third of the parts are from the packages of npm below, from the last rule before a URL onwards and
cut after 240 characters. The others are generated. Left out are those in which a declaration with a
URL turns out to be the selector of a nested rule, such as a{b:url(c) d{}}: StyleSheet counts the URL.

    npm install --ignore-scripts PACKAGES
    python3 -m venv venv && venv/bin/pip install tinycss2
    venv/bin/python stylesheets.py node_modules > stylesheets.json

PACKAGES are

    @fortawesome/fontawesome-free@7.3.1 @mdi/font@7.4.47 animate.css@4.1.1 bootstrap@5.3.9
    bootstrap-icons@1.13.2 bulma@1.0.4 codemirror@5.65.21 datatables.net-dt@3.1.2
    font-awesome@4.7.0 foundation-sites@6.9.0 fullcalendar@7.1.0 github-markdown-css@5.9.0
    highlight.js@11.12.0 jquery-ui-dist@1.13.3 katex@0.19.1 leaflet@1.9.4 material-icons@1.13.14
    motion-ui@2.0.8 normalize.css@8.0.1 prismjs@1.30.0 remixicon@4.9.1 select2@4.0.13
    semantic-ui-css@2.5.0 slick-carousel@2.0.0 swiper@14.4.0 video.js@8.24.1 videojs-font@4.2.0
"""

import json
import pathlib
import random
import re
import sys

import tinycss2

URL_FUNCTIONS = {"url", "src"}
URLS_FUNCTIONS = {"image-set", "-webkit-image-set", "image"}
# fmt: off
PIECES = [
    "a", "b", "color", "src", "--x", "-", "--", ":", ":", ":", ";", ";", "{", "{", "}", "}", "(", ")", "[", "]", ",", " ", "\n", "\t", "\r\n", "\f", "\r", "\x00",
    "!important", ".", "#", "#h", "*", "&", ">", "+", "1", ".5", "1e3", "1e", "+1", "-1", "5px", "50%", "1-", "~=", "|", "/", "/**/", "/* url(c) */", "/*", "*/", "<!--", "-->",
    "@import", "@import ", "@IMPORT ", "@\\69mport ", "@media", "@media x{", "@font-face{", "@namespace ", "@supports", '@charset "utf-8";', "@layer a;", "@", "@-x", "@x",
    "url(", "URL(", "u\\72l(", "\\75rl(", "url( ", "src(", "image-set(", "-webkit-image-set(", "image(", "format(", "type(", "var(", "url-prefix(", "f(",
    '"', "'", '"s1"', "'s2'", '"s\\\n3"', '"s\\22 4"', '"s\n5', "\\", "\\\n", "\\\r\n", "\\61", "\\61 ", "\\000061", "\\0000611", "\\0", "\\d800 ", "\\110000 ", "\\g", '\\"', "\\)", "\\(", "\\é",
    "url(u1)", 'url("u2")', "url( 'u3' )", "url(u4", "url(u 5)", 'url(u"6)', "url(u(7)", "url(u\\)8)", "url(u\\9)", "url(\tu10\n)", 'url("u11" x)', 'url("u12"x(url(u13)))', "url(/*c*/u14)",
    "url()", 'url("")', "url(#f)", "url(é)", "url(\x01)", "url(\x7f)", "url(u\x00)", "a{b:url(v1)}", "a{b:url(v2)", "a{b{c:url(v3)}}", ";a:url(v4);", "{a:url(v5);b:url(v6)}",
    '@import "i1";', "@import url(i2);", "@import url('i3') layer(a) supports(b:url(i4)) screen;", 'b:image-set("w1" 1x, url(w2) 2x, "w3" type("w4"))', 'src:url(w5)format("w6")',
    "x:url(w7);", "y:url(w8);", "z{x:url(w9);", "é", "\u2028", "𝒳", "%", "=", "$", "^", "`",
]
# fmt: on


class Ambiguous(Exception):
    pass


def significant(nodes):
    return [n for n in nodes if n.type not in ("whitespace", "comment")]


def urls(values):
    for v in values:
        if v.type == "url":
            yield v.value
        elif v.type == "function":
            if v.lower_name in URL_FUNCTIONS:
                yield from first_string(v)
            for a in v.arguments:
                if a.type == "string" and v.lower_name in URLS_FUNCTIONS:
                    yield a.value
                yield from urls([a])
        elif v.type in ("() block", "[] block", "{} block"):
            yield from urls(v.content)


def first_string(function):
    arguments = significant(function.arguments)
    if arguments and arguments[0].type == "string":
        yield arguments[0].value


def imported(rule):
    prelude = significant(rule.prelude)
    if prelude and prelude[0].type in ("url", "string"):
        yield prelude[0].value
    elif prelude and prelude[0].type == "function" and prelude[0].lower_name in URL_FUNCTIONS:
        yield from first_string(prelude[0])


def block(content):
    for n in tinycss2.parse_blocks_contents(content, skip_comments=True, skip_whitespace=True):
        if n.type == "declaration":
            yield from urls(n.value)
        elif n.type == "at-rule":
            yield from block(n.content or [])
        elif n.type == "qualified-rule":
            if list(urls(n.prelude)):
                raise Ambiguous
            yield from block(n.content)


def style_sheet(css):
    for n in tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True):
        if n.type == "at-rule" and n.lower_at_keyword == "import":
            yield from imported(n)
        if n.type in ("at-rule", "qualified-rule"):
            yield from block(n.content or [])


def parts(folder):
    """At most twenty parts of each package, of different files, first those with URLs."""
    seen = set()
    for package in sorted({p.parent for p in folder.glob("**/package.json")}):
        found = []
        for file in sorted(package.glob("**/*.css")):
            if not file.is_file() or "node_modules" in file.relative_to(package).parts:
                continue
            css = file.read_bytes().decode("utf-8", "replace")
            url = re.search(r"url\((?!.?data:)|@import|image-set", css)
            at = url.start() if url else len(css) // 2
            part = css[max(css.rfind("}", 0, at), css.rfind(";", 0, at), at - 120, 0) :][:240]
            if part.strip() and part not in seen:
                seen.add(part)
                found.append((not url, part))
        yield from (part for _, part in sorted(found)[:20])


def generated():
    rnd = random.Random(1)
    while True:
        css = "".join(rnd.choice(PIECES) for _ in range(rnd.randint(1, 14)))
        before, after = rnd.choice(["", "a{"]), rnd.choice(["", ";z:url(z)}y{y:url(y)}"])
        yield before + css + after


def main():
    cases, n = [], 0
    for css in parts(pathlib.Path(sys.argv[1])):
        n += 1
        cases.append((css, list(style_sheet(css))))
    for css in generated():
        if len(cases) >= 3 * max(n, 200):
            break
        try:
            cases.append((css, list(style_sheet(css))))
        except Ambiguous:
            pass
    print(f"{n} of {len(cases)} are parts of packages", file=sys.stderr)
    lines = [json.dumps({"css": css, "refs": refs}, ensure_ascii=False) for css, refs in cases]
    print("[\n" + ",\n".join(lines) + "\n]")


main()
