import { isMap, Scalar, type Document, type YAMLError, type YAMLMap } from 'yaml';
import { lineAt, restOfLine } from './text-lines.js';
import type { TextProblem } from './errors.js';
import { visitNodes } from './nodes.js';

/**
 * YAML reads `expr: {{ x }}` without quotes as a map in a map. Reports it, and replaces the map by its text, so that
 * the template is checked as if it were quoted.
 */
export function quoteTemplates(text: string, document: Document): readonly TextProblem[] {
  const problems: TextProblem[] = [];
  document.contents = visitNodes(document.contents, (node) => {
    const { range } = node;
    if (!range || !isMap(node) || !isUnquotedTemplate(node)) return undefined;
    const [start, end] = range;
    const scalar = new Scalar(text.slice(start, end));
    scalar.range = range;
    scalar.type = Scalar.PLAIN;
    problems.push(unquoted(text, start, end - start));
    return scalar;
  });
  return problems;
}

function isUnquotedTemplate(map: YAMLMap): boolean {
  return map.flow === true && map.items.some(({ key }) => isMap(key) && key.flow === true);
}

/**
 * Reports templates without quotes that are not valid YAML (`{{ x }} and more`, `{% if %}`, `${{ }}` inside braces).
 * In the returned text they are empty strings, padded so that all offsets stay the same.
 */
export function blankBrokenTemplates(
  text: string,
  errors: readonly YAMLError[],
): { readonly text: string; readonly problems: readonly TextProblem[] } {
  const problems = new Map<number, TextProblem>();
  let blanked = text;
  for (const error of errors) {
    const start = templateStart(text, error.pos[0]);
    if (start === undefined || problems.has(start)) continue;
    const { offset, length } = restOfLine(text, start);
    problems.set(start, unquoted(text, offset, length));
    blanked = blanked.slice(0, offset) + '""'.padEnd(length) + blanked.slice(offset + length);
  }
  return { text: blanked, problems: [...problems.values()] };
}

/** Bounds the search below; longer lines are not written by hand. */
const LONGEST_LINE = 2000;

/** `key: {{`, `- {%`, `key: { path: ${{`: an entry whose value starts with a template without quotes. */
const opensWithTemplate = /^\s*(?:- +)*(?:[\w-]+:\s+)?(?=\{\{|\{%)|^[^'"#|>]*?:\s+(?=\{[^'"]*\$\{\{)/;

function templateStart(text: string, offset: number): number | undefined {
  const line = lineAt(text, offset);
  const prefix = opensWithTemplate.exec(line.text.slice(0, LONGEST_LINE))?.[0];
  return prefix === undefined ? undefined : line.start + prefix.length;
}

function unquoted(text: string, offset: number, length: number): TextProblem {
  const template = text.slice(offset, offset + length);
  const isClear = !template.includes('\n') && !/^\{[^{%]|\\| #/.test(template);
  const quoted = isClear ? inQuotes(template) : '"{{ … }}"';
  return {
    code: 'unquoted-template',
    message: 'YAML reads a `{` at the start of a value as a map, not as a template',
    hint: `put it in quotes: ${quoted.length <= LONGEST_SHOWN ? quoted : '"{{ … }}"'}`,
    ...(isClear && { fix: { replace: quoted, instead: template } }),
    span: { offset, length },
  };
}

const LONGEST_SHOWN = 62;

function inQuotes(template: string): string {
  return template.includes('"') ? `'${template.replaceAll("'", "''")}'` : `"${template}"`;
}
