/** Names that say that their value is a secret: `DB_PASSWORD`, `clientSecret`, `STRIPE_KEY`, but not `tokenizer`. */
import { matchAt } from './sticky.js';

const KEYS = [
  'api',
  'access',
  'secret',
  'private',
  'auth',
  'account',
  'encryption',
  'signing',
  'master',
  'shared',
];

/** `key`, with what follows it where it ends a name. */
const KEY_ENDS = ['=', ':', '"', "'", '`', '\\', ']', '>', ' ', '|', ',', '\t', '?', '_id', '-data'];

export const NAMES: readonly string[] = [
  'pass',
  'pwd',
  'secret',
  'token',
  'bearer',
  'credential',
  'creds',
  'x-amz-signature',
  'x-goog-signature',
  'sig=',
  ...'_pw -pw _pat -pat _psk _otp'.split(' '),
  ...`pw= pw: auth= auth: auth" auth'`.split(' '),
  ...KEYS.flatMap((key) => [`${key}key`, `${key}_key`, `${key}-key`]),
  ...KEY_ENDS.map((end) => `key${end}`),
];

/**
 * Exceptions: tokens of paging (`nextToken`), `:secret:` in the name of a resource, and `pass` alone, a word of test
 * runners.
 */
const STRONG = [
  'pass(?:word|wd|phrase|code)',
  '(?<=[\\w-])(?<!\\\\[nrt]|by|com|sur|tres|under|over)pass',
  '(?:(?<!\\w)|(?<=\\\\[nrt]))pass(?==|(?::[ \\t]?)?\\\\{0,7}["\'`])',
  'pwd',
  '[_-]pw(?![a-z])',
  '(?<![a-z])pw(?=[=:])',
  '(?!(?<=:)secret:)secret(?:[_-]?key(?:[_-]?base)?)?',
  '(?<!(?:next|page|continuation|clientrequest)[_-]?)token',
  'credentials?|creds',
  '[_-](?:pat|psk|otp)(?![a-z])',
  'x-(?:amz|goog)-signature',
  `(?:${KEYS.join('|')})[_-]?key`,
].join('|');

/** Names that many things have: only a value that is random throughout is a secret. */
const WEAK = [
  '(?<!(?:pub|public|cache|idempotency|partition|sort|primary|foreign|unique|row|object|storage|routing|site|group|dedup)[_-]?)key',
  '(?<=[?&;]|\\\\u0026)sig',
  '(?<![a-z])auth',
  'bearer(?![ \\t])',
].join('|');

/** Words after the name proper: `API_TOKEN_PROD`, `secretValue`, `TOKEN_2`, `private_key_id`. */
const SUFFIX =
  '(?:[_-]?(?:value|string|text|plain|raw|b(?:ase)?64|data|prod(?:uction)?|dev(?:elopment)?|test|stag(?:e|ing)|live|main|old|new|backup|local|primary|secondary|id(?<=key_id))(?![a-z]))?_?\\d{0,2}';

const NAME = new RegExp(`(?:(${STRONG})|${WEAK})${SUFFIX}`, 'iy');
const WHOLE = new RegExp(`(?:(${STRONG}|(?<!\\w)pass)|${WEAK})${SUFFIX}$`, 'i');

/** How sure a name is: passwords are chosen by people; a weak name says little. */
export type NameKind = 'password' | 'secret' | 'weak';

const kindOf = (part: string, isStrong: boolean): NameKind =>
  /^[_-]?p(?:w|ass)/i.test(part) ? 'password' : isStrong ? 'secret' : 'weak';

/** The name at a position of a text: its kind and its end. */
export function nameAt(
  text: string,
  at: number,
): { readonly kind: NameKind; readonly end: number } | undefined {
  const match = matchAt(NAME, text, at);
  if (match === undefined) return undefined;
  const isStrong = match[1] !== undefined || isEnvironment(text, at);
  return { kind: kindOf(match[0], isStrong), end: at + match[0].length };
}

/** `STRIPE_KEY`: in capitals, as variables of the environment are. */
function isEnvironment(text: string, at: number): boolean {
  return /^[A-Z\d]_KEY$/.test(text.slice(at - 2, at + 3));
}

/** The kind of a name as a whole, as objects have it; `null` for most names. */
export function kindOfName(name: string): NameKind | null {
  const match = WHOLE.exec(name);
  return match ? kindOf(match[0], match[1] !== undefined || isEnvironment(name, match.index)) : null;
}
