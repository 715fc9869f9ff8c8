/**
 * Turns gitleaks' rules, regular expressions of Go's RE2, into the two tables of src/redact/gitleaks-rules.ts:
 *
 * - tokens, which their form alone gives away: the beginnings to search for, and a pattern to try there;
 * - named values, which follow a vendor's name: the names to search for, and a pattern of the value.
 *
 * RE2 takes linear time whatever the pattern; JavaScript does not. So every repetition gets an upper bound, and
 * patterns are tried at one position only. Flags within a pattern (`(?i)`), which Node 20 does not have, are written out.
 */

/** Rules that src/redact has rules of its own for, or whose form has no beginning that could be searched for. */
const OWN = new Set([
  'curl-auth-header',
  'curl-auth-user',
  'facebook-access-token',
  'freemius-secret-key',
  'generic-api-key',
  'hashicorp-tf-password',
  'jwt',
  'kubernetes-secret-yaml',
  'microsoft-teams-webhook',
  'nuget-config-password',
  'openai-api-key',
  'private-key',
  'sidekiq-sensitive-url',
  'slack-webhook-url',
]);

/** Tokens that are searched for by what is in their middle or at their end: keyword, and its distance from the start. */
const INNER = {
  'azure-ad-client-secret': ['q~', 4],
  'hashicorp-tf-api-token': ['.atlasv1.', 14],
  'maxmind-license-key': ['_mmk', 36],
};

/** Values without a form of their own beyond a letter or two. */
const NAMED_ONLY = new Set(['beamer-api-token', 'twitter-bearer-token']);

const LONGEST = 4096;
const OPERATOR = String.raw`(?:[ \t\w.-]{0,20})[\s'"]{0,3}(?:=|>|:{1,3}=|\|\||:|=>|\?=|,)[\x60'"\s=]{0,5}`;
const END = String.raw`(?:[\x60'"\s;]|\\[nr]|$)`;

/** The alternatives that are too much like other text, 40 hexadecimal digits, or `s.` and 24 letters, need a name. */
const REWRITTEN = {
  'sourcegraph-access-token': [
    'sgp_(?:(?:[a-fA-F0-9]{16}|local)_)?[a-fA-F0-9]{40}',
    `(?:sourcegraph)${OPERATOR}([a-fA-F0-9]{40})${END}`,
  ],
  'vault-service-token': [String.raw`hvs\.[\w-]{90,120}`],
};

export function convert(rules) {
  const tokens = [];
  const named = [];
  for (const { id, regex, entropy } of rules) {
    if (OWN.has(id)) continue;
    for (const form of REWRITTEN[id] ?? alternatives(regex)) {
      const [name, value] = form.replace('{0,3})(?:=', '{0,3}(?:=').split(OPERATOR);
      if (value === undefined) tokens.push(tokenOf(id, bare(form), entropy));
      else {
        const fold = form.startsWith('(?i)');
        const pattern = parse(value.replace(END, ''), fold);
        const starts = beginnings(pattern);
        const isToken = starts.every((start) => /^(?=.*[\W_]).{3}|.{4}/.test(start)) && !NAMED_ONLY.has(id);
        if (isToken) tokens.push([id, starts, 0, write(pattern), entropy]);
        else named.push([id, ...namesOf(name), write(pattern), entropy]);
      }
    }
  }
  return { tokens, named };
}

function tokenOf(id, form, entropy) {
  const pattern = parse(form);
  const [keyword, back] = INNER[id] ?? [undefined, 0];
  const keywords = keyword === undefined ? beginnings(pattern) : [keyword];
  if (keywords.some((word) => word.length < 2)) throw new Error(`${id}: no beginning to search for`);
  return [id, keywords, back, write(pattern), entropy];
}

/** Two rules are a named value or a token. */
function alternatives(regex) {
  return regex.includes(`${END}|`) ? regex.split(/(?<=\$\))\|/) : [regex];
}

/** Without what must stand before and after: the rule looks at that. */
function bare(form) {
  return form
    .replaceAll(END, '')
    .replace(String.raw`(?:[\x60'"\s;]|\\[nr]|$|\b)`, '')
    .replace(/\(\?:\[\^[^\]]+\]\|\\z\)$/, '')
    .replace(/^\(\?:\^\|\[[^\]]+\]\)/, '')
    .replace(/\(\?:\$\|\[[^\]]+\]\)$/, '')
    .replaceAll(String.raw`\b`, '');
}

/** A pattern as a tree: { any: sequences } for a group, { set } for one character, each with its bounds. */
function parse(source, fold = false) {
  let at = 0;
  const group = (flags) => {
    const any = [[]];
    let folds = flags.fold;
    while (at < source.length && source[at] !== ')') {
      const inline = /^\(\?(-?)i\)/.exec(source.slice(at));
      if (inline) {
        folds = inline[1] === '';
        at += inline[0].length;
      } else if (source[at] === '|') {
        any.push([]);
        at += 1;
      } else any.at(-1).push(quantified(atom({ fold: folds })));
    }
    return { any };
  };
  const atom = (flags) => {
    const opening = /^\((?:\?(?:P<\w+>|(-?)(i?)s?:|:))?/.exec(source.slice(at));
    if (opening) {
      at += opening[0].length;
      const inner = group(opening[2] === 'i' ? { fold: opening[1] === '' } : flags);
      at += 1;
      return inner;
    }
    const [text] = /^(?:\[\^?\]?(?:\[:\w+:\]|\\.|[^\]\\])*\]|\\x[\da-f]{2}|\\.|[\s\S])/i.exec(
      source.slice(at),
    );
    at += text.length;
    return { set: setOf(text, flags.fold) };
  };
  const quantified = (item) => {
    const [text, least, comma, most] = /^(?:\{(\d+)(,?)(\d*)\}|[*+?])\??/.exec(source.slice(at)) ?? [''];
    at += text.length;
    if (text === '') return { ...item, least: 1, most: 1 };
    if (least !== undefined)
      return { ...item, least: Number(least), most: comma ? Number(most || LONGEST) : Number(least) };
    return { ...item, least: text[0] === '+' ? 1 : 0, most: text[0] === '?' ? 1 : LONGEST };
  };
  return group({ fold });
}

/** One character, or a class of them, as the inside of a JavaScript class. */
function setOf(text, fold) {
  if (text === '.') return String.raw`^\n`;
  const inside = text[0] === '[' ? text.slice(1, -1).replace('[:alnum:]', 'A-Za-z0-9') : text;
  const plain = inside.replace(/\\([-/_=<>:,"'`~;@%!])/g, (_, sign) => (sign === '-' ? '\\-' : sign));
  if (!fold) return plain;
  const other = (letter) => (letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase());
  const more = [...plain.matchAll(/\\.|[A-Za-z]-[A-Za-z]|[A-Za-z]/g)]
    .map(([part]) => (part[0] === '\\' ? '' : part.replace(/[A-Za-z]/g, other)))
    .filter((part) => part !== '' && !plain.includes(part));
  return plain[0] === '^' ? `^${more.join('')}${plain.slice(1)}` : more.join('') + plain;
}

/** A vendor's name is matched in any case. */
function namesOf(name) {
  const plain = name.replaceAll(/\(\?i\)|\[\\w\.-\]\{0,50\}\?(?:\(\?i:(?=\[))?/g, '');
  const tree = parse(plain);
  return [beginnings(tree), write(tree)];
}

const LONGEST_KEYWORD = 12;
const MOST_KEYWORDS = 8;

/** The texts that a pattern can begin with, in lower case; classes of a few characters are written out. */
function beginnings(tree) {
  const found = tree.any.flatMap((sequence) => begin(sequence, ['']).texts);
  for (let length = LONGEST_KEYWORD; length >= 3; length -= 1) {
    const cut = new Set(found.map((text) => text.slice(0, length)));
    if (cut.size <= MOST_KEYWORDS) return [...cut].toSorted();
  }
  return [...new Set(found)].toSorted();
}

function begin(sequence, start) {
  let state = { texts: start, ends: false };
  for (const item of sequence) {
    state = grown(state.texts, item);
    if (state.ends) break;
  }
  return state;
}

function grown(texts, item) {
  let open = texts;
  for (let time = 0; time < Math.max(item.least, item.most === 1 ? 1 : 0); time += 1) {
    const next = [];
    if (item.any) {
      const inner = item.any.map((sequence) => begin(sequence, ['']));
      next.push(...open.flatMap((text) => inner.flatMap((part) => part.texts.map((more) => text + more))));
      if (inner.some(({ ends }) => ends)) return { texts: item.least === 0 ? open : next, ends: true };
    } else {
      const members = membersOf(item.set);
      const most = open.some((text) => text.length < 3) ? 40 : 3;
      if (members.length > most || open.length * members.length > 80) return { texts: open, ends: true };
      next.push(...open.flatMap((text) => members.map((member) => text + member)));
    }
    open = item.least === 0 ? [...open, ...next] : next;
    if (open.every((text) => text.length >= LONGEST_KEYWORD)) return { texts: open, ends: true };
  }
  return { texts: open, ends: item.most > 1 && item.least !== item.most };
}

function membersOf(set) {
  const members = new Set();
  const pattern = new RegExp(`[${set}]`);
  for (let code = 32; code < 127; code += 1) {
    const sign = String.fromCharCode(code);
    if (pattern.test(sign)) members.add(sign.toLowerCase());
  }
  return [...members];
}

function write({ any }) {
  return any.map((sequence) => sequence.map(writeItem).join('')).join('|');
}

function writeItem({ any, set, least, most }) {
  const isOne = set !== undefined && (set.length === 1 || /^\\.$/.test(set)) && set !== '^';
  const text = any ? `(?:${write({ any })})` : isOne ? escaped(set) : `[${set}]`;
  if (least === 1 && most === 1) return any?.length === 1 ? write({ any }) : text;
  const times = least === most ? `{${least}}` : least === 0 && most === 1 ? '?' : `{${least},${most}}`;
  return text + times;
}

const escaped = (sign) => (/^[.*+?^${}()|[\]/]$/.test(sign) ? `\\${sign}` : sign);
