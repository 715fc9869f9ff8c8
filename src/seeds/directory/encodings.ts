/**
 * Encodings by Python's names and by those of the web (WHATWG). Python's `latin-1` and `ascii` are what they say; the
 * web reads both as Windows-1252. A byte order mark is no part of the text.
 */

/** `undefined` for bytes that are no text in the encoding. */
export type Decode = (bytes: Uint8Array) => string | undefined;

/** How texts of an encoding are read; `undefined` when there is none of this name. */
export function textDecoder(name: string): Decode | undefined {
  const plain = name
    .trim()
    .toLowerCase()
    .replaceAll(/[\s_]+/g, '-');
  const own = Object.hasOwn(OWN, plain) ? OWN[plain] : undefined;
  return own ?? byLabel(Object.hasOwn(PYTHON, plain) ? (PYTHON[plain] ?? plain) : plain) ?? byLabel(name);
}

function byLabel(label: string): Decode | undefined {
  try {
    const decoder = new TextDecoder(label, { fatal: true });
    return (bytes) => attempt(() => decoder.decode(bytes));
  } catch {
    return undefined;
  }
}

function attempt(decode: () => string): string | undefined {
  try {
    return decode();
  } catch {
    return undefined;
  }
}

const latin1: Decode = (bytes) => Buffer.from(bytes).toString('latin1');
const ascii: Decode = (bytes) => (bytes.some((byte) => byte > 0x7f) ? undefined : latin1(bytes));
/** The byte order is that of the mark; without one the usual one, little-endian. */
const utf16: Decode = (bytes) =>
  byLabel(bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : 'utf-16le')?.(bytes);

/** What Windows-1252 has at 0x80 to 0x9F. Node 20's own decoder reads these bytes as Latin-1. */
const WINDOWS_1252 = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008DŽ\u008F\u0090‘’“”•–—˜™š›œ\u009DžŸ';
const windows1252: Decode = (bytes) =>
  latin1(bytes)?.replaceAll(/[\u0080-\u009F]/g, (byte) => WINDOWS_1252[byte.charCodeAt(0) - 0x80] ?? byte);

const named = (names: string, decode: Decode): Readonly<Record<string, Decode>> =>
  Object.fromEntries(names.split(' ').map((name) => [name, decode]));

const OWN: Readonly<Record<string, Decode>> = {
  ...named('latin-1 latin1 latin l1 iso-8859-1 iso8859-1 8859 cp819', latin1),
  ...named('ascii us-ascii 646', ascii),
  ...named('utf-16 utf16 u16', utf16),
  ...named('cp1252 windows-1252 1252 x-cp1252', windows1252),
};

/** Python's names that the web does not know. */
const PYTHON: Readonly<Record<string, string>> = {
  'utf-8-sig': 'utf-8', u8: 'utf-8', utf: 'utf-8',
  'utf-16-le': 'utf-16le', 'utf-16-be': 'utf-16be',
  ...Object.fromEntries([1250, 1251, 1252, 1253, 1254, 1255, 1256, 1257, 1258].map((page) => [`cp${page}`, `windows-${page}`])),
  ...Object.fromEntries([2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16].map((part) => [`iso8859-${part}`, `iso-8859-${part}`])),
  latin2: 'iso-8859-2', latin9: 'iso-8859-15', 'latin-9': 'iso-8859-15',
  cp874: 'windows-874', cp866: 'ibm866', cp932: 'shift_jis', ms932: 'shift_jis', sjis: 'shift_jis', 'shift-jis': 'shift_jis',
  cp936: 'gbk', cp949: 'euc-kr', cp950: 'big5', 'mac-roman': 'macintosh', 'mac-cyrillic': 'x-mac-cyrillic',
}; // prettier-ignore
