import { characterCount, sliceCharacters } from '../../core/code-points.js';
import { entries, filter, made, type Filter, type FilterCall } from './filter-kit.js';
import { percentFormat } from './format.js';
import { asNumber } from './operators.js';
import { isNum, numberText, toNumber } from './numbers.js';
import { capitalized, centered, lines, replaced, stripped, titled } from './strings.js';
import { jsonText, textOf } from './text.js';
import {
  Dict,
  entriesOf,
  isList,
  isMapping,
  keyText,
  kindOf,
  required,
  Tuple,
  Undefined,
  type Value,
} from './values.js';

/** Jinja2's filters that give a text, with Python's semantics. Nothing is escaped unless a filter asks for it. */
export const TEXT_FILTERS: ReadonlyMap<string, Filter> = new Map<string, Filter>([
  ofText('capitalize', capitalized),
  filter('center', 'width', (value, call) => {
    const text = textOf(value, call.budget);
    return centered(text, call.count('width', 80), ' ', call.budget);
  }),
  ofText('e', escaped),
  ofText('escape', escaped),
  filter('filesizeformat', 'binary', (value, { flag, budget }) =>
    fileSize(Number(textOf(value, budget)), flag('binary')),
  ),
  ofText('forceescape', escaped),
  [
    'format',
    ({ budget }, value, { positional, named }) => {
      const text = textOf(value, budget);
      return percentFormat(text, named.size > 0 ? Dict.make(named) : Tuple.make(positional), budget);
    },
  ],
  filter('fromjson', '', (value, { budget }) => fromJson(value, textOf(value, budget))),
  filter('indent', 'width first blank', indented),
  filter('join', 'd attribute', joined),
  ofText('lower', (text) => text.toLowerCase()),
  filter('pprint', '', (value, { budget }) => (typeof value === 'string' ? value : textOf(value, budget))),
  filter('replace', 'old new count', (value, { text, count, budget }) =>
    replaced(textOf(value, budget), text('old', ''), text('new', ''), count('count', -1), budget),
  ),
  filter('safe', '', (value) => value),
  filter('string', '', (value, { budget }) => textOf(value, budget)),
  ofText('striptags', withoutTags),
  ofText('title', titled),
  filter('tojson', 'indent ensure_ascii separators sort_keys', asJson),
  filter('trim', 'chars', (value, call) => {
    const chars = call.value('chars');
    return stripped(
      textOf(value, call.budget),
      'both',
      chars === undefined || chars === null ? undefined : textOf(chars, call.budget),
    );
  }),
  filter('truncate', 'length killwords end leeway', truncated),
  ofText('upper', (text) => text.toUpperCase()),
  filter('urlencode', '', (value, { budget }) => urlEncoded(value, (inner) => textOf(inner, budget))),
  ofText('wordcount', (text) => text.match(/[\p{L}\p{N}_]+/gu)?.length ?? 0),
  filter('wordwrap', 'width break_long_words wrapstring break_on_hyphens', wrapped),
  filter('xmlattr', 'autospace', xmlAttributes),
]);

/** A filter without arguments that makes a text from a text; a text grows at most sixfold. */
function ofText(name: string, change: (text: string) => Value): readonly [string, Filter] {
  return filter(name, '', (value, { budget }) => {
    const text = textOf(value, budget);
    budget.newText(text.length);
    const result = change(text);
    if (typeof result === 'string') budget.text(result.length);
    return result;
  });
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&#34;',
  "'": '&#39;',
};

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}

const NAMED: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: '\u00a0',
};

/** Without comments and tags, with single blanks, and with entities as characters. */
function withoutTags(text: string): string {
  let rest = text;
  let plain = '';
  for (;;) {
    const start = rest.indexOf('<!--');
    const end = start === -1 ? -1 : rest.indexOf('-->', start);
    if (end === -1) break;
    plain += rest.slice(0, start);
    rest = rest.slice(end + 3);
  }
  plain += rest;
  let out = '';
  for (let at = 0; ;) {
    const start = plain.indexOf('<', at);
    const end = start === -1 ? -1 : plain.indexOf('>', start);
    if (end === -1) {
      out += plain.slice(at);
      break;
    }
    out += plain.slice(at, start);
    at = end + 1;
  }
  return out
    .split(/\s+/)
    .filter(Boolean)
    .join(' ')
    .replaceAll(
      /&(?:#(\d{1,7})|#[xX]([\da-fA-F]{1,6})|(\w{2,8}));/g,
      (whole, decimal: string, hex: string, name: string) => {
        if (name !== undefined) return Object.hasOwn(NAMED, name) ? (NAMED[name] ?? whole) : whole;
        const code = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal);
        return code <= 0x10ffff ? String.fromCodePoint(code) : '\ufffd';
      },
    );
}

function fileSize(bytes: number, isBinary: boolean): string {
  if (!Number.isFinite(bytes)) throw new Error('the filter `filesizeformat` takes a number');
  const base = isBinary ? 1024 : 1000;
  if (bytes === 1) return '1 Byte';
  if (bytes < base) return `${Math.trunc(bytes)} Bytes`;
  const letters = [...(isBinary ? 'KMGTPEZY' : 'kMGTPEZY')];
  const last = letters.length - 1;
  const at = letters.findIndex((_, index) => index === last || bytes < base ** (index + 2));
  return `${(bytes / base ** (at + 1)).toFixed(1)} ${letters[at] ?? ''}${isBinary ? 'iB' : 'B'}`;
}

/** The value of a JSON text; what is no text is given back as it is. */
function fromJson(value: Value, text: string): Value {
  if (typeof value !== 'string') return required(value);
  try {
    return JSON.parse(text) as Value;
  } catch {
    throw new Error(
      `the filter \`fromjson\` takes JSON, not \`${text.length > 40 ? `${text.slice(0, 40)}…` : text}\``,
    );
  }
}

/** Spaces. */
const WIDEST_INDENT = 1000;

function indention(width: Value | undefined, otherwise: string): string {
  if (width === undefined || width === null) return otherwise;
  const number = asNumber(width);
  if (
    (number !== undefined && toNumber(number) > WIDEST_INDENT) ||
    (typeof width === 'string' && width.length > WIDEST_INDENT)
  )
    throw new Error(`an indent is limited to ${WIDEST_INDENT} spaces`);
  if (typeof width === 'string') return width;
  if (number === undefined) throw new Error(`an indent is a number or a text, not ${kindOf(width)}`);
  return ' '.repeat(Math.max(0, toNumber(number)));
}

function indented(value: Value, call: FilterCall): string {
  const { budget } = call;
  const space = indention(call.value('width'), '    ');
  const all = lines(textOf(value, budget), true);
  const isBlankToo = call.flag('blank');
  return made(
    all.reduce((length, line) => length + line.length + space.length + 1, 0),
    budget,
    () => {
      const [first = '', ...rest] = all;
      const shifted = rest.map((line) => (line === '' && !isBlankToo ? line : space + line));
      return [(call.flag('first') ? space : '') + first, ...shifted].join('\n');
    },
  );
}

function joined(value: Value, call: FilterCall): string {
  const { budget } = call;
  const separator = call.text('d', '');
  const attribute = call.value('attribute');
  const list = entries(value, 'join', budget);
  const read = attribute === undefined || attribute === null ? undefined : attribute;
  const items =
    read === undefined
      ? list
      : entries(
          call.runtime.applyFilter('map', list, { positional: [], named: new Map([['attribute', read]]) }),
          'join',
          budget,
        );
  let length = 0;
  const texts = items.map((item) => {
    const text = textOf(item, budget);
    length += text.length + separator.length;
    budget.text(length);
    return text;
  });
  return made(length, budget, () => texts.join(separator));
}

function asJson(value: Value, call: FilterCall): string {
  const indent = call.value('indent');
  const space = indention(indent, '');
  const separators = call.value('separators') ?? null;
  const [comma, colon] = isList(separators) ? separators : [];
  const text = jsonText(value, call.budget, {
    indent: indent === undefined || indent === null ? undefined : space,
    separators: typeof comma === 'string' && typeof colon === 'string' ? [comma, colon] : undefined,
    isAscii: call.flag('ensure_ascii'),
    sortKeys: call.flag('sort_keys'),
  });
  return made(text.length, call.budget, () => text);
}

/** Whole words unless `killwords`; a text that is at most `leeway` characters too long stays whole. */
function truncated(value: Value, { text: argument, count, flag, budget }: FilterCall): string {
  const text = textOf(value, budget);
  const end = argument('end', '...');
  const length = count('length', 255);
  const room = length - characterCount(end);
  if (room < 0)
    throw new Error(
      `the filter \`truncate\` needs room for \`${end}\`: at least ${characterCount(end)} characters`,
    );
  return made(text.length, budget, () => {
    if (characterCount(text) <= length + count('leeway', 5)) return text;
    const cut = sliceCharacters(text, 0, room);
    if (flag('killwords')) return cut + end;
    const lastSpace = cut.lastIndexOf(' ');
    return (lastSpace === -1 ? cut : cut.slice(0, lastSpace)) + end;
  });
}

/** As Python's `urllib.parse`: in an object or a list of pairs, a blank is `+`, and a slash is encoded too. */
function urlEncoded(value: Value, text: (value: Value) => string): string {
  const quoted = (part: string): string =>
    encodeURIComponent(part.toWellFormed()).replaceAll(
      /[!'()*]/g,
      (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
    );
  const pair = (key: Value, inner: Value): string =>
    [key, inner].map((part) => quoted(text(part)).replaceAll('%20', '+')).join('=');
  if (isMapping(value))
    return entriesOf(value)
      .map(([key, inner]) => pair(key, inner))
      .join('&');
  if (isList(value)) {
    const pairs = value.map((item) => {
      if (!isList(item) || item.length !== 2)
        throw new Error('the filter `urlencode` takes a text, an object or a list of pairs');
      return pair(item[0] ?? null, item[1] ?? null);
    });
    return pairs.join('&');
  }
  return quoted(text(value)).replaceAll('%2F', '/');
}

/** Each line apart, as Python's `textwrap` does. */
function wrapped(value: Value, call: FilterCall): string {
  const { budget } = call;
  const width = call.count('width', 79);
  if (width < 1) throw new Error('the filter `wordwrap` takes a width of at least 1');
  const breaksWords = call.flag('break_long_words', true);
  const breaksHyphens = call.flag('break_on_hyphens', true);
  const mark = call.value('wrapstring');
  const lineEnd = mark === undefined || mark === null ? '\n' : textOf(mark, budget);
  const text = textOf(value, budget);
  return made(text.length * (1 + lineEnd.length), budget, () =>
    lines(text, false)
      .map((line) => wrapLine(line, width, breaksWords, breaksHyphens).join(lineEnd))
      .join(lineEnd),
  );
}

function wrapLine(
  line: string,
  width: number,
  breaksWords: boolean,
  breaksHyphens: boolean,
): readonly string[] {
  const parts = breaksHyphens ? /\s+|[^\s-]*(?:[\p{L}]-+(?=[\p{L}]))|[^\s-]+-*|-+/gu : /\s+|\S+/gu;
  const chunks = [...line.matchAll(parts)].map(([part]) => part);
  const rows: string[] = [];
  let row = '';
  let size = 0;
  const finish = (): void => {
    if (row.trimEnd() !== '') rows.push(row.trimEnd());
    [row, size] = ['', 0];
  };
  for (const chunk of chunks) {
    const isBlank = chunk.trim() === '';
    if (isBlank && size === 0 && rows.length > 0) continue;
    const characters = [...chunk];
    let at = 0;
    if (size + characters.length > width && (characters.length <= width || !breaksWords || isBlank)) {
      finish();
      if (isBlank) continue;
    }
    const most = breaksWords ? width : Number.POSITIVE_INFINITY;
    while (size + characters.length - at > most) {
      const end = at + width - size;
      row += characters.slice(at, end).join('');
      at = end;
      finish();
    }
    row += characters.slice(at).join('');
    size += characters.length - at;
  }
  finish();
  return rows;
}

function xmlAttributes(value: Value, call: FilterCall): string {
  const given = required(value);
  if (!isMapping(given)) throw new Error(`the filter \`xmlattr\` takes an object, not ${kindOf(given)}`);
  const attributes = entriesOf(given)
    .filter(([, inner]) => inner !== null && !(inner instanceof Undefined))
    .map(([key, inner]) => {
      const name = keyText(key);
      if (/[\s/>=]/.test(name)) throw new Error(`\`${name}\` is not the name of an attribute`);
      return `${escaped(name)}="${escaped(isNum(inner) ? numberText(inner) : textOf(inner, call.budget))}"`;
    });
  const hasSpace = attributes.length > 0 && call.flag('autospace', true);
  const text = attributes.join(' ');
  return made(text.length + 1, call.budget, () => (hasSpace ? ' ' : '') + text);
}
