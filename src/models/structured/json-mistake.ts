/** The first mistake in a text that should be JSON. */
export interface JsonMistake {
  readonly offset: number;
  readonly expected: string;
}

type State = 'value' | 'value or ]' | 'key' | 'key or }' | ':' | ', or end' | 'nothing';

const expectations: Readonly<Record<State, string>> = {
  value: 'a value',
  'value or ]': 'a value or `]`',
  key: 'a property name in double quotes',
  'key or }': 'a property name in double quotes or `}`',
  ':': '`:`',
  ', or end': '`,` or the closing bracket',
  nothing: 'the end',
};

/** A string, another scalar, or a mark. */
const token =
  /[ \t\r\n]*(?:("(?:[ -!#-[\]-\uffff]+|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])|(?:true|false|null)(?!\w))|([{}[\],:]))/y;

/**
 * Finds the first place where a text stops being JSON. `JSON.parse` says it too, but in words that differ from one
 * version of Node to the next, and these words are part of request keys.
 */
export function mistakeIn(text: string): JsonMistake | undefined {
  const open: ('{' | '[')[] = [];
  let state: State = 'value';
  token.lastIndex = 0;
  for (let at = 0; at < text.length; at = token.lastIndex) {
    const found = token.exec(text);
    const next: State | null | undefined = found && after(state, found, open);
    if (!next) return { offset: startOf(text, at), expected: expectations[state] };
    state = next;
    if (text.slice(token.lastIndex).trim() === '') break;
  }
  return state === 'nothing' ? undefined : { offset: text.length, expected: expectations[state] };
}

/** The state after a token; `undefined` when it cannot be here. */
function after(
  state: State,
  [, string, scalar, mark]: RegExpExecArray,
  open: ('{' | '[')[],
): State | undefined {
  const isValue = state === 'value' || state === 'value or ]';
  const isKey = state === 'key' || state === 'key or }';
  const closed = (): State => (open.length === 0 ? 'nothing' : ', or end');
  if (string !== undefined) return isKey ? ':' : isValue ? closed() : undefined;
  if (scalar !== undefined) return isValue ? closed() : undefined;
  if (mark === ':') return state === ':' ? 'value' : undefined;
  if (mark === ',') return state !== ', or end' ? undefined : open.at(-1) === '{' ? 'key' : 'value';
  if (mark === '{' || mark === '[') {
    if (!isValue) return undefined;
    open.push(mark);
    return mark === '{' ? 'key or }' : 'value or ]';
  }
  const opening = mark === '}' ? '{' : '[';
  const mayClose = state === ', or end' || state === (mark === '}' ? 'key or }' : 'value or ]');
  return mayClose && open.pop() === opening ? closed() : undefined;
}

function startOf(text: string, from: number): number {
  return from + text.slice(from).search(/\S|$/);
}
