/** Secrets of 16 shapes in every context of redaction-contexts.json: texts that redaction is measured with. */
import { Buffer } from 'node:buffer';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';

const DIGITS = '0123456789';
const HEX = `${DIGITS}abcdef`;
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const WORD = LETTERS + DIGITS;
const BASE64 = `${WORD}+/`;

const SHAPES = {
  'hexadecimal, 32': (of) => of(HEX, 32),
  'hexadecimal, 40': (of) => of(HEX, 40),
  'hexadecimal, 64': (of) => of(HEX, 64),
  'letters and digits, 16': (of) => of(WORD, 16),
  'letters and digits, 20': (of) => of(WORD, 20),
  'letters and digits, 24': (of) => of(WORD, 24),
  'letters and digits, 32': (of) => of(WORD, 32),
  'letters and digits, 40': (of) => of(WORD, 40),
  'letters and digits, 64': (of) => of(WORD, 64),
  'small letters and digits, 32': (of) => of(WORD.slice(26), 32),
  'capitals and digits, 20': (of) => of(WORD.slice(0, 26) + DIGITS, 20),
  'letters, 24': (of) => of(LETTERS, 24),
  'base32, 32': (of) => of('ABCDEFGHIJKLMNOPQRSTUVWXYZ234567', 32),
  'base64, 44': (of) => `${of(BASE64, 43)}=`,
  'base64url, 43': (of) => of(`${WORD}-_`, 43),
  'three parts with dots': (of) => `${of(WORD, 24)}.${of(WORD, 6)}.${of(WORD, 27)}`,
};

/** @returns every context with every shape: the kind, the text and the secret in it; the same every time */
export function redactionCorpus() {
  const { contexts } = JSON.parse(readFileSync(new URL('redaction-contexts.json', import.meta.url), 'utf8'));
  let state = 7;
  const random = (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const of = (alphabet, length) => Array.from({ length }, () => alphabet[random(alphabet.length)]).join('');
  return Object.entries(contexts).flatMap(([kind, template]) =>
    Object.entries(SHAPES).map(([shape, make]) => {
      const secret = make(of);
      return { kind, shape, text: template.replace('{}', () => secret), secret };
    }),
  );
}

/** True when nothing useful is left of a secret. */
export const isGone = (text, secret) =>
  !text.includes(secret) && !text.includes(secret.slice(0, Math.max(4, Math.floor(secret.length * 0.6))));

const PLACES = [
  (secret) => `the log says ${secret} and goes on`,
  (secret) => `"${secret}"`,
  (secret) => `  token: '${secret}'`,
  (secret) => JSON.stringify({ out: `\n${secret}\n` }),
];

/** Made-up tokens of every form in four places, and values after their vendor's name; the same every time. */
export function vendorCorpus(tokens, named) {
  const samples = (pattern) =>
    fc.sample(fc.stringMatching(new RegExp(`^(?:${pattern})$`)), { numRuns: 3, seed: 7 });
  return [
    ...tokens.flatMap(([kind, , , pattern]) =>
      samples(pattern).flatMap((secret) => PLACES.map((place) => ({ kind, text: place(secret), secret }))),
    ),
    ...named.flatMap(([kind, [name], , pattern]) =>
      samples(pattern).map((secret) => ({ kind, text: `${name}_api_token = "${secret}"`, secret })),
    ),
  ];
}

const TEXT = /\.(?:[cm]?[jt]s|json|md|ya?ml|txt|html|css|map|sh)$|^[^.]+$/;
const ENOUGH = 60e6;

/** What is found in the text files of a folder, up to 60 MB of them in order of their names, where nothing is secret. */
export function falsePositives(folder, redact) {
  const finds = new Map();
  let bytes = 0;
  const walk = (path) => {
    for (const entry of readdirSync(path, { withFileTypes: true }).sort((a, b) =>
      a.name < b.name ? -1 : 1,
    )) {
      const inner = join(path, entry.name);
      if (bytes > ENOUGH) return;
      if (entry.isDirectory()) walk(inner);
      else if (entry.isFile() && TEXT.test(entry.name) && statSync(inner).size < 2e6) {
        const text = readFileSync(inner, 'utf8');
        bytes += Buffer.byteLength(text);
        for (const [kind, count] of redact({ text }).counts) finds.set(kind, (finds.get(kind) ?? 0) + count);
      }
    }
  };
  walk(folder);
  return { megabytes: bytes / 1e6, finds };
}
