import { isObject, jsonIn, type Json, type JsonObject } from '../core/json.js';
import { assignment } from './assignment.js';
import { secretKindOf } from './thresholds.js';
import { createTextRedactor, markOf, type RedactedText } from './text.js';
import type { RedactOptions } from '../core/config.js';
import { createRepeats } from './repeats.js';
import type { Redactor, Rule } from './types.js';
import { kindOfName, type NameKind } from './names.js';
import { isTooDeep } from '../core/paths.js';
import { basicAuth, bearerToken, curlPassword, urlPassword } from './credentials.js';
import { COMMANDS } from './commands.js';
import { HEADERS } from './headers.js';
import { keepsValue, ownRules } from './own-rules.js';
import { email, userName } from './personal.js';
import { kubernetesSecret } from './kubernetes.js';
import { privateKey } from './private-key.js';
import { section } from './sections.js';
import { TOKENS, tokenRule } from './token-forms.js';
import { VENDOR_NAMED, VENDOR_TOKENS } from './vendor-forms.js';

/** A mark ends the word before it, so a second pass may find something new; more passes are hardly ever needed. */
const MAX_PASSES = 8;

/** At most this many keys and short texts are remembered as clean; a longer one could keep the text that it is a part of in memory. */
const MAX_CLEAN = 4096;
const SHORT = 12;

const LONGEST_NAME = 64;
/** Of the value beside a name. */
const VALUE = /^(?:Parameter)?[vV]alue$/;
/** All values in such an object are secrets when they look random. */
const CONTAINER = /^(?:secrets?|credentials|creds|passwords?|api_?keys)$/i;

/** What a key of an object says. */
interface Meaning {
  readonly kind: NameKind | null;
  readonly isValue: boolean;
  readonly isContainer: boolean;
  readonly isClean: boolean;
}

const NO_NAME = { kind: null, isValue: false, isContainer: false };
const meaningOfKey = (key: string, isClean: boolean): Meaning => ({
  kind: kindOfName(key),
  isValue: VALUE.test(key),
  isContainer: CONTAINER.test(key),
  isClean,
});

/** Redacts every string of a row, and the keys of objects. A value without findings stays the same object. */
export function createRowRedactor(options: RedactOptions): Redactor {
  const keeps = keepsValue(options);
  const redactText = createTextRedactor(rulesFor(options), keeps);
  const knowsNames = options.secrets !== false;
  const clean = new Set<string>();
  const keys = new Map<string, Meaning>();

  /** Like `redactText`. The same few short texts occur in every row. */
  const redactKnown = (text: string): RedactedText | undefined => {
    if (clean.has(text)) return undefined;
    const redacted = redactText(text);
    if (redacted !== undefined) return redacted;
    if (clean.size >= MAX_CLEAN) clean.clear();
    clean.add(text);
    return undefined;
  };

  /** What a key says of its value, for one without a secret in it. */
  const meaningOf = (key: string): Meaning => {
    const known = keys.get(key);
    if (known !== undefined) return known;
    const isClean = redactText(key) === undefined;
    const meaning = knowsNames ? meaningOfKey(key, isClean) : { ...NO_NAME, isClean };
    if (keys.size >= MAX_CLEAN) keys.clear();
    if (isClean) keys.set(key, meaning);
    return meaning;
  };
  const kindOfText = (text: Json | undefined): NameKind | null =>
    typeof text === 'string' && text.length <= LONGEST_NAME ? meaningOf(text).kind : null;
  /** What `{ "name": "DB_PASSWORD", "value": "…" }` says of its value. */
  const kindOfValue = ({
    name,
    Name = name,
    key = Name,
    Key = key,
    ParameterKey = Key,
  }: JsonObject): NameKind | null => kindOfText(ParameterKey);

  return (row) => {
    const counts = new Map<string, number>();
    const count = (kind: string): void => void counts.set(kind, (counts.get(kind) ?? 0) + 1);
    const repeats = createRepeats();

    const redact = (value: Json): Json => {
      if (typeof value === 'string') return redactString(value);
      if (Array.isArray(value)) return redactList(value);
      return isObject(value) ? redactObject(value) : value;
    };
    /** `["DB_PASSWORD", "…"]` is a name and its value. */
    const redactList = (list: readonly Json[]): readonly Json[] => {
      const redacted = mapped(list, redact);
      const name = list.length === 2 ? kindOfText(list[0]) : null;
      if (name === null || name === 'weak') return redacted;
      return mapped(redacted, (item) => (item === list[0] ? item : redactNamed(name, item)));
    };
    const redactString = (text: string): string => {
      let redacted = redactOnce(text);
      if (redacted === text) return text;
      for (let pass = 1; pass < MAX_PASSES; pass += 1) {
        const again = redactOnce(redacted);
        if (again === redacted) break;
        redacted = again;
      }
      return redacted;
    };
    /** JSON text stays JSON: when a finding crosses the ends of its strings, they are redacted one by one. */
    const redactOnce = (text: string): string => {
      const redacted = text.length <= SHORT ? redactKnown(text) : redactText(text);
      if (redacted === undefined) return text;
      const json = parseJson(redacted.text) === undefined ? parseJson(text) : undefined;
      if (json !== undefined) return redactJsonText(text, json);
      redacted.findings.forEach(({ kind }) => count(kind));
      repeats.add(redacted.findings);
      return redacted.text;
    };
    const redactJsonText = (text: string, json: Json): string => {
      const redacted = redact(json);
      return redacted === json ? text : JSON.stringify(redacted);
    };
    /** A secret may be recognised by its key alone: `{ "password": "…" }`, or a list. */
    const redactMember = (value: Json, { isContainer }: Meaning, name: NameKind | null): Json => {
      const redacted = redact(value);
      if (isContainer && isObject(redacted))
        return mappedObject(redacted, (item) => redactNamed('weak', item));
      if (name === null) return redacted;
      return Array.isArray(redacted)
        ? mapped(redacted, (item) => redactNamed(name, item))
        : redactNamed(name, redacted);
    };
    const redactNamed = (name: NameKind, value: Json): Json => {
      const kind = typeof value === 'string' ? secretKindOf(name, value) : undefined;
      if (kind === undefined || keeps?.(String(value))) return value;
      count(kind);
      repeats.add([{ kind, value: String(value) }]);
      return markOf(kind);
    };
    const redactObject = (object: JsonObject): JsonObject => {
      let members: Member[] | undefined;
      let index = 0;
      for (const key of Object.keys(object)) {
        const value = object[key] ?? null;
        const meaning = meaningOf(key);
        const cleanKey = meaning.isClean ? key : redactString(key);
        const name = meaning.kind ?? (meaning.isValue ? kindOfValue(object) : null);
        const cleanValue = redactMember(value, meaning, name);
        if (cleanKey !== key || cleanValue !== value) members ??= Object.entries(object).slice(0, index);
        members?.push([cleanKey, cleanValue]);
        index += 1;
      }
      return members ? Object.fromEntries(withDistinctKeys(members)) : object;
    };

    const redactRepeats = (value: Json): Json => {
      if (typeof value === 'string') {
        const replaced = repeats.replaceIn(value, count);
        return replaced === value ? value : redactString(replaced);
      }
      if (Array.isArray(value)) return mapped(value, redactRepeats);
      return isObject(value) ? mappedObject(value, redactRepeats) : value;
    };

    const redacted = redactObject(row);
    return { row: repeats.size === 0 ? redacted : mappedObject(redacted, redactRepeats), counts };
  };
}

/** The same list when nothing in it changed. */
function mapped(list: readonly Json[], map: (value: Json) => Json): readonly Json[] {
  let result: Json[] | undefined;
  let index = 0;
  for (const value of list) {
    const changed = map(value);
    if (changed !== value) result ??= list.slice(0, index);
    result?.push(changed);
    index += 1;
  }
  return result ?? list;
}

function mappedObject(object: JsonObject, map: (value: Json) => Json): JsonObject {
  const before = Object.values(object);
  const after = mapped(before, map);
  return after === before
    ? object
    : Object.fromEntries(Object.keys(object).map((key, at) => [key, after[at] ?? null]));
}

type Member = readonly [key: string, value: Json];

/** Two keys with secrets of one kind would become the same key, and one value would be lost. */
function withDistinctKeys(members: readonly Member[]): readonly Member[] {
  const taken = new Set<string>();
  return members.map(([key, value]) => {
    let distinct = key;
    for (let nth = 2; taken.has(distinct); nth += 1) distinct = `${key} (${nth})`;
    taken.add(distinct);
    return [distinct, value];
  });
}

/** Deeper JSON is treated as plain text, because walking through values is recursive. */
const MAX_DEPTH = 100;

/** The list or object in a JSON text; `undefined` for other text, and when it is nested too deeply. */
function parseJson(text: string): Json | undefined {
  if (!/^\s*[{[]/.test(text)) return undefined;
  const value = jsonIn(text);
  return value === undefined || isTooDeep(value, MAX_DEPTH) ? undefined : value;
}

/** The rules for these options. When two match a token, the earlier one gives the kind. */
function rulesFor(options: RedactOptions): readonly Rule[] {
  const { secrets = true, emails = false, user_names = false } = options;
  return [
    ...ownRules(options),
    ...(secrets ? SECRETS : []),
    ...(emails ? [email] : []),
    ...(user_names ? [userName] : []),
  ];
}

const SECRETS: readonly Rule[] = [
  privateKey,
  ...TOKENS.map(tokenRule),
  ...VENDOR_TOKENS,
  urlPassword,
  bearerToken,
  basicAuth,
  curlPassword,
  ...HEADERS,
  ...COMMANDS,
  kubernetesSecret,
  ...VENDOR_NAMED,
  assignment,
  section,
];
