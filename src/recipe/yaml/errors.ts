import type { ErrorCode, YAMLError } from 'yaml';
import type { Problem, Span } from '../../core/problem.js';
import { afterIndent, lineAt, restOfLine } from './text-lines.js';

/** A mistake in the text itself. */
export interface TextProblem extends Omit<Problem, 'at' | 'onKey' | 'within' | 'place'> {
  readonly span: Span;
  /** True when the text cannot be converted to data. */
  readonly isFatal?: boolean;
}

/** A syntax error often causes others, so only the first ones are reported. */
const MAX_REPORTED = 10;

/** The errors of the YAML library in plain words, at most one per line. */
export function syntaxProblems(text: string, errors: readonly YAMLError[]): readonly TextProblem[] {
  const exhausted = errors.find((error) => error.code === 'RESOURCE_EXHAUSTION');
  const byLine = new Map<number, TextProblem>();
  for (const error of exhausted ? [exhausted] : errors) {
    const span = spanOf(text, error);
    const line = lineAt(text, span.offset).start;
    if (!byLine.has(line)) byLine.set(line, { ...wordsFor(error, text), ...tabFix(error, text, span), span });
  }
  return [...byLine.values()].slice(0, MAX_REPORTED);
}

/** Two spaces for every tab. The fixed text is parsed again before it is written. */
function tabFix(error: YAMLError, text: string, { offset, length }: Span): Pick<TextProblem, 'fix'> {
  const instead = text.slice(offset, offset + length);
  const isOnlyTabs = error.code === 'TAB_AS_INDENT' && /^\t+$/.test(instead);
  return isOnlyTabs ? { fix: { replace: instead.replaceAll('\t', '  '), instead } } : {};
}

type Words = Pick<TextProblem, 'code' | 'message' | 'hint'>;

function wordsFor(error: YAMLError, text: string): Words {
  const words = byText.find(([start]) => error.message.startsWith(start))?.[1] ?? byCode[error.code];
  if (words) return { code: 'yaml-syntax', ...words };
  const found = text.slice(...error.pos).split('\n', 1)[0] ?? '';
  return {
    code: 'yaml-syntax',
    message: `invalid YAML: ${error.message}${found && ` (at \`${found}\`)`}`,
  };
}

type Known = Omit<Words, 'code'>;

const outOfStep: Known = {
  message: 'this line is not indented like the lines around it',
  hint: 'start it in the same column as the keys or entries beside it',
};

const byText: readonly (readonly [start: string, words: Known])[] = [
  ['Sequence item without', outOfStep],
  [
    'Missing closing',
    { message: 'a quote that opens before this place is not closed', hint: 'close the quote' },
  ],
  [
    'Implicit map keys need',
    { message: 'expected `key: value`', hint: 'is a `:` or the indentation missing?' },
  ],
  ['Flow map', { message: 'a `{` that opens before this place is not closed', hint: 'close it with `}`' }],
  [
    'Flow sequence',
    { message: 'a `[` that opens before this place is not closed', hint: 'close it with `]`' },
  ],
  [
    'Missing , or :',
    { message: 'expected a comma between two entries', hint: 'or quote the text, if it is one' },
  ],
  [
    'Unexpected scalar at node end',
    { message: 'text after the end of the value', hint: 'quote the value as a whole' },
  ],
];

const byCode: Partial<Record<ErrorCode, Known>> = {
  TAB_AS_INDENT: { message: 'a tab cannot indent YAML', hint: 'use spaces' },
  BAD_INDENT: outOfStep,
  BLOCK_AS_IMPLICIT_KEY: {
    message: 'a value that is itself `key: value` cannot start on this line',
    hint: 'quote it if it is text; otherwise start it on a new line, indented',
  },
  MULTILINE_IMPLICIT_KEY: { message: 'a key must be on one line', hint: 'is the indentation right?' },
  BAD_SCALAR_START: { message: 'a value cannot start with this character', hint: 'put the value in quotes' },
  BAD_DQ_ESCAPE: {
    message: 'this escape does not exist in a double-quoted value',
    hint: 'write `\\\\` for a backslash, or use single quotes',
  },
  MULTIPLE_DOCS: {
    message: 'a recipe is one YAML document, and a second one starts here',
    hint: 'remove the `---`, or split the file',
  },
  RESOURCE_EXHAUSTION: { message: 'the YAML is nested too deeply' },
};

/** Indentation errors point at whitespace; the text after it is easier to see. */
function spanOf(text: string, error: YAMLError): Span {
  const [start, end] = error.pos;
  if (error.code === 'MULTIPLE_DOCS') return restOfLine(text, start);
  if (wordsFor(error, text).message === outOfStep.message) return restOfLine(text, afterIndent(text, start));
  const length = Math.max(1, end - start);
  return {
    offset: Math.min(start, text.length),
    length: Math.min(length, restOfLine(text, start).length || 1),
  };
}
