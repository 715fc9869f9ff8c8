import { isMap, Scalar, type Document, type YAMLError, type YAMLMap } from 'yaml';
import { lineAt, restOfLine } from './text-lines.js';
import { type TextProblem, eachNode } from './errors.js';

/**
 * `expr: {{ x }}` without quotes is a map in a map to YAML. Says so, and puts the text in the map's place,
 * so that the template in it is checked as if it had been quoted.
 */
export function quoteTemplates(text: string, document: Document): readonly TextProblem[] {
  const problems: TextProblem[] = [];
  document.contents = eachNode(document.contents, (node) => {
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
 * A template without quotes that is no YAML at all (`{{ x }} and more`, `{% if %}`, `${{ }}` inside braces).
 * The returned text has an empty string in its place, and every other character where it was.
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

/** A longer line is not what somebody typed; keeps the search below in bounds. */
const LONGEST_LINE = 2000;

/** `key: {{`, `- {%`, `key: { path: ${{`: an entry whose value opens with a template, outside any quote. */
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
