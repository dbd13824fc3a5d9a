// Prints contenttypes.json: header values, and the media type that undici 7.30.2 (the fetch of
// Node.js) extracts from each. Values whose charset is white space are left out, because undici reads
// the white space as a charset and the standard does not.
//
//	npm install undici && node contenttypes.mjs > contenttypes.json
import { createRequire } from "node:module";
const require = createRequire(import.meta.url);
const { extractMimeType } = require("undici/lib/web/fetch/util.js");
const { HeadersList } = require("undici/lib/web/fetch/headers.js");

const values = [
  "", "text/html", "TEXT/HTML", " text/html ", "text/html;", "text/html;;", "text/html; charset=gbk", "text/html;charset=\"gbk\"",
  "text/html;CHARSET=gbk", "text/html ; charset = gbk", "text/html;charset=gbk;charset=utf-8", "text/html;charset=;charset=gbk",
  "text/html;charset=\"\";charset=gbk", "text/html;charset='gbk'", "text/html;charset=g\"b\"k", "text/html;charset=\"gbk",
  "text/html;charset=\"g\\bk\"", "text/html;charset=\"gbk\"x;charset=utf-8", "text/html;x=\",text/plain", "text/html;x=\"a;charset=gbk\"",
  "text/html;x=\"\\\";charset=gbk\"", "text/html;charset", "text/html;charset;charset=gbk", "text/html;=gbk;charset=gbk",
  "text/html,text/plain", "text/html;charset=gbk,text/html", "text/html;charset=gbk,text/plain,text/html",
  "text/html,*/*", "*/*", "*/*,text/html", "text/html;charset=gbk,text/html;x=\",\"", "text/html,", ",text/html", ",", "text", "text/",
  "/html", "text/html/x", "text/html charset=gbk", "text html", "\"text/html\"", "text/html\tx", "text;html", "tëxt/html", "text/html;charset=gbk\x01",
  "text/html;charset= gbk", "text/html;charset=gbk ;x", "text/html:charset=gbk", "text/html; a=\"b\" ; charset=gbk", "application/xhtml+xml;charset=x,application/xhtml+xml",
];
let seed = 1;
const pick = (list) => list[(seed = (seed * 48271) % 2147483647) % list.length];
const pieces = ["text/html", "text/plain", "a/b", "charset", "=", "\"", ";", ",", " ", "\\", "x", "gbk", "utf-8", "*/*", "/", "\t", ";charset=", ";charset=gbk", ", "];
for (let i = 0; i < 600; i++) {
  let s = pick(["text/html", "text/html;", "", "a/b"]);
  for (let n = pick([1, 2, 3, 4, 5, 6, 7, 8]); n > 0; n--) s += pick(pieces);
  values.push(s);
}
const lines = [...new Set(values)].filter((value) => !/charset=[ \t]+(;|,|$)/.test(value)).map((value) => {
  const headers = new HeadersList();
  headers.append("content-type", value, true);
  const t = extractMimeType(headers);
  const essence = t === "failure" ? "" : t.essence;
  return JSON.stringify({ value, essence, charset: (t !== "failure" && t.parameters.get("charset")) || "" });
});
console.log("[\n" + lines.join(",\n") + "\n]");
