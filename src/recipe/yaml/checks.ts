import { isAlias, isCollection, isMap, isScalar, type Document, type Node, type YAMLMap } from 'yaml';
import type { TextProblem } from './errors.js';
import { isMerge, keyText, spanOf, visitNodes } from './nodes.js';
import { lineColumn } from './text-lines.js';

/** Finds valid YAML that is not valid JSON data: duplicate keys, tags, unknown aliases, values without a JSON form. */
export function checkNodes(text: string, document: Document): readonly TextProblem[] {
  const problems: TextProblem[] = [];
  const report = (node: Node, problem: Omit<TextProblem, 'span'>): void => {
    problems.push({ ...problem, span: spanOf(node) });
  };
  for (const warning of document.warnings) {
    const [start, end] = warning.pos;
    problems.push({ ...unknownTag, span: { offset: start, length: end - start } });
  }
  visitNodes(document.contents, (node, isKey) => {
    if (isAlias(node) && !node.resolve(document))
      report(node, { ...unknownAlias(node.source), isFatal: true });
    if (isScalar(node) && !isKey && !isJsonScalar(node.value)) report(node, notJson);
    if (isMap(node)) checkMap(node, text, report);
    return undefined;
  });
  return problems;
}

type Report = (node: Node, problem: Omit<TextProblem, 'span'>) => void;

function checkMap(map: YAMLMap, text: string, report: Report): void {
  checkDuplicateKeys(map, text, report);
  for (const { key, value } of map.items) {
    if (isCollection(key)) report(key, { ...keyIsNotText, isFatal: true });
    if (isScalar(key) && key.value === '__proto__') report(key, protoKey);
    if (isScalar(key) && typeof key.value === 'symbol' && !(isAlias(value) || isCollection(value))) {
      report(key, { ...badMerge, isFatal: true });
    }
  }
}

function checkDuplicateKeys(map: YAMLMap, text: string, report: Report): void {
  const seen = new Map<string, Node>();
  for (const pair of map.items) {
    const name = keyText(pair);
    if (name === undefined || isMerge(pair)) continue;
    const first = seen.get(name);
    if (!first) {
      seen.set(name, pair.key as Node);
      continue;
    }
    const { line } = lineColumn(text, spanOf(first).offset);
    report(pair.key as Node, {
      code: 'duplicate-key',
      message: `the key \`${name}\` occurs twice in this map, first in line ${line}`,
      hint: 'keep one of them',
    });
  }
}

const unknownAlias = (name: string) => ({
  code: 'unknown-alias',
  message: `there is no \`&${name}\` before this \`*${name}\``,
  hint: 'quote the value if it is text',
});

const notJson = {
  code: 'not-json',
  message: 'this value cannot be written in JSON',
  hint: 'quote it if it is text',
};

const unknownTag = {
  code: 'yaml-tag',
  message: 'YAML tags have no meaning in a recipe',
  hint: 'quote the value if the `!` belongs to it, or remove the tag',
};

const keyIsNotText = {
  code: 'yaml-key',
  message: 'a key must be text, not a map or a list',
  hint: 'quote the key',
};

const protoKey = {
  code: 'forbidden-key',
  message: 'the key `__proto__` is not allowed',
  hint: 'choose another name',
};

const badMerge = { code: 'yaml-merge', message: '`<<` takes a map or an alias of one: `<<: *name`' };

const isJsonScalar = (value: unknown): boolean =>
  value === null || ['string', 'boolean'].includes(typeof value) || Number.isFinite(value);
