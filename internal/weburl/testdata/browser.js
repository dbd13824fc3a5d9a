// Prints browser.json: hard inputs, and their URLs by the URL standard.
//
//	npm install whatwg-url && node browser.js > browser.json
//
// whatwg-url 16.0.1, the reference implementation of the standard, resolved them. Each case is
// [reference, base, href]. The base is null if there is none, and the href is null if the reference
// is refused. The inputs are the same in each run. The URL of Node.js is not used, because it accepts
// names that break the Bidi rule of IDNA.
const { URL } = require('whatwg-url');
const cases = [];
function add(ref, base) {
  let href = null;
  try { href = new URL(ref, base ?? undefined).href; } catch {}
  cases.push([ref, base, href]);
}

// Hosts: IDNA's rules of direction, joiners, mapping and labels; numbers; what a host may not have.
const labels = [
  'a', '1', '-', 'a-', '-a', 'a--b', 'ab--', '_', 'A', 'ä', 'Ä', 'a\u0308', '\u0308', 'ß', 'ẞ', 'ς', 'Σ', 'İ', 'ı', 'ﬁ', '½', '①', 'Ａ',
  'א', 'אב', 'א1', '1א', 'א-', '-א', 'אa', 'aא', 'א\u0308', 'א٠', 'א۰', 'א0٠', 'א۰٠', '٠', '۰', 'ا', 'ב.', 'ߊ', '\u200f', '\u200e', '\u202e',
  'क्\u200dष', 'क\u200dष', 'ا\u200cب', 'ب\u200cب', 'a\u200cb', 'a\u200db', '\u200d', 'xn--', 'xn--a', 'xn--0', 'xn--zca', 'xn--a-yoc',
  'xn--bcher-kva', 'XN--BCHER-KVA', 'xn--bcher-kvb', 'xn--ls8h', 'xn--8ve', 'xn--4dbc', 'xn--1-zhc', 'xn--ab-0ga', 'xn--ss-2hb', 'xn--\u00e4', 'xn--99999999',
  '💩', '\u{1f468}\u200d\u{1f469}', '日本', 'ー', 'ﷺ', '\u00ad', 'a\u00adb', '\u034f', 'a\u2060b', '\ufeff', '\ufffd', '\ufdd0', '\u{e0001}', '\ue000',
  'a。b', 'a．b', 'a｡b', '≠', '≮', '=\u0338', '㎏', '℡', '％', '%41', '%C3%A4', '%c3', '%00', '%2e', '%23', '%', '%4', '%zz', '%25', '+', '!', '$', '&', "'",
  '(', '*', ',', ';', '=', '~', '`', '{', '|', '}', '^', '"', '<', '\\', ' ', '\t', '\u007f', '\u0080', '\u0001', '[', ']', ':', '@', '@a',
];
for (const l of labels) for (const host of [l, l + '.a', 'a.' + l, l + '.א', 'א.' + l, l + '.']) add(`http://${host}/`, null);
const numbers = [
  '0', '00', '1', '1.', '1..', '.1', '0x', '0X', '0xf', '0xg', '09', '08.1', '1.09', '010', '0377', '0400', '256', '255', '1.2', '1.256', '1.65536', '1.2.3', '1.2.65535',
  '1.2.65536', '1.2.3.4', '1.2.3.4.', '1.2.3.4..', '1.2.3.4.5', '1.2.3.256', '4294967295', '4294967296', '0xffffffff', '0x100000000', '037777777777', '1e3',
  '+1', '-1', '1_0', '0b1', '0o7', '1.0x', '0x.0x', 'a.1', 'a.0x', 'a.0x1g', 'a.1b', '１.２', '①', '1。2', '99999999999999999999', '0x0000000000000000000001', '1.-',
  '[::]', '[::1]', '[1::]', '[1:2:3:4:5:6:7:8]', '[1:2:3:4:5:6:7:8:9]', '[1:2:3:4:5:6:7]', '[::1::]', '[1:0:0:2:0:0:0:3]', '[0:0:1:0:0:0:0:0]', '[1:0:2:0:3:0:4:0]', '[0::0]',
  '[::1.2.3.4]', '[::ffff:1.2.3.4]', '[1:2:3:4:5:6:1.2.3.4]', '[1:2:3:4:5:6:7:1.2.3.4]', '[::1.2.3]', '[::1.2.3.256]', '[::01.2.3.4]', '[1.2.3.4]', '[::1.2.3.4:5]',
  '[ABCD::EF]', '[00001::]', '[0001::]', '[g::]', '[::%1]', '[::%251]', '[::1', '::1]', '[]', '[:]', '[::1]a', '[::1].', '[::1]:', '[::1]:80', '[::1]:8', '[::ffff:102:304]', '[::0102:304]',
];
for (const n of numbers) { add(`http://${n}/`, null); add(`http://${n}`, null); }

// References against bases.
const bases = ['http://h/dir/page?q', 'https://h:8443/', 'http://h/a//b/../c;d', 'http://h/?a/b'];
const refs = [
  '', '#', '#f', '?', '?#', '?r', '? #', 'x', 'x #y', ' x #y ', '?q #f', 'x\t#y', 'x \n#', '?q=it\'s', "it's?it's#it's", '/100%', '100%', '?100%', '%', '%%', '%zz', '%4', '%41', '%c3%a4',
  '.', './', '..', '../', '../..', '../../../x', './x', './/x', '..//x', 'x/.', 'x/..', 'x/./y', 'x/../y', 'x//../y', '/..', '/.', '//', '///', '////i', '//i', '//i/..', '/\\i', '\\/i', '\\\\i',
  '%2e', '%2E%2e', '.%2e/x', '%2e%2e/%2e/x', '..%2f', '%252e', '...', 'x...', ';', ';x', 'x;y=z', 'x?y?z', '?x#y#z', 'x?\\', 'x\\y', '\\x', 'x\\..\\y', 'x/%5c',
  'http:', 'http:x', 'http:/x', 'http://x', 'http:///x', 'http:\\\\x', 'http:?r', 'http:#f', 'HTTP:x', 'https:', 'https:x', 'https:/x', 'https://x', 'https:\\x', 'ht\ntp://x', 'http\t://x', 'http :x', 'http%3a//x',
  'ftp://x', 'mailto:a@b', 'javascript:x', 'data:,x', 'x:y', 'x+y:z', '1x:y', '+x:y', './x:y', ':x', '::', ':80', 'http://x:', 'http://x:80', 'http://x:443', 'https://x:443', 'https://x:80', 'http://x:080', 'http://x:8080', 'http://x:65535',
  'http://x:65536', 'http://x:99999999999', 'http://x:-1', 'http://x:+1', 'http://x:8a', 'http://x:8 0', 'http://x:8\n0', 'http://x:80:80', 'http://x:０', 'http://x:0', 'http://x\\:80', 'http://x?:80', 'http://x#:80',
  'http://u@x', 'http://u:p@x', 'http://@x', 'http://:@x', 'http://u@', 'http://u@/x', 'http://x/@', 'http://x?@', 'http://x#@', 'http://u@v@x', 'http://x:80@y', 'http://%40x', 'http://u:p@x:80/',
  '\u0000x', 'x\u0000', 'x\u0000y', '\u0001 x \u001f', 'x\u001fy', 'x\u007fy', 'x\u0080y', '\u00a0x\u00a0', '\u3000x', '\ufeffx', 'x\u2028y', 'x\ud800y', 'x\udc00', 'x\ufffdy', 'x\ufdd0', '\u{1f4a9}', 'é', 'e\u0301', 'é?é#é',
  'x"y', 'x<y', 'x>y', 'x`y', 'x{y', 'x}y', 'x|y', 'x^y', 'x[y', 'x]y', 'x~y', 'x!$&\'()*+,;=:@y', '?"', '?<>', '?`{}|^[]', '?!$&()*+,;=:@', '?~', '?é', '?\\', '?%27', '?%7e', '?%zz', '?a=b&c', '?a b+c',
];
for (const r of refs) { for (const b of bases) add(r, b); add(r, null); }

// Pieces put together at random, by a generator that is the same everywhere (Numerical Recipes).
const pieces = ['http:', 'https:', 'HTTP:', 'ftp:', '/', '//', '\\', 'a', 'B', '.', '..', '%2e', '%', '%4', '31', '%41', '?', '#', '@', ':', ':80', ':443', '[', ']', '[::1]', '1', '0x7f', '017',
  'ä', 'ß', 'א', 'xn--', '-', '_', '~', ' ', '\t', '\n', '\u0000', "'", '"', '*', '=', '&', '+', '。', '\u00ad', ';', '|', '^', '{'];
let state = 1;
const next = (n) => { state = (Math.imul(state, 1664525) + 1013904223) >>> 0; return Math.floor(state / 4294967296 * n); };
for (let i = 0; i < 3000; i++) {
  let ref = ['', 'http://', 'http://h/', '//'][next(4)];
  for (let n = next(7); n >= 0; n--) ref += pieces[next(pieces.length)];
  add(ref, bases[next(bases.length)]);
}
process.stdout.write('[\n' + cases.map((c) => JSON.stringify(c)).join(',\n') + '\n]\n');
