import { isObject, jsonIn, type Json } from '../core/json.js';
import { correction } from '../core/suggest.js';
import { chatMessages } from './chat-messages.js';
import type { TemplateProblem } from './types.js';

/** Functions of JSONata that are not available, and why. */
export const FORBIDDEN: ReadonlyMap<string, string> = new Map([
  ['eval', 'text of a trace must never become code'],
  ['now', 'the same input must give the same dataset'],
  ['millis', 'the same input must give the same dataset'],
  ['random', 'the same input must give the same dataset'],
  ['shuffle', 'the same input must give the same dataset'],
]);

/** The functions of JSONata 2.2 (https://docs.jsonata.org) without the forbidden ones. */
export const BUILT_IN: ReadonlySet<string> = new Set(
  `abs append assert average base64decode base64encode boolean ceil clone contains count decodeUrl
   decodeUrlComponent distinct each encodeUrl encodeUrlComponent error exists filter floor formatBase
   formatInteger formatNumber fromMillis join keys length lookup lowercase map match max merge min not number
   pad parseInteger power reduce replace reverse round sift single sort split spread sqrt string substring
   substringAfter substringBefore sum toMillis trim type uppercase zip`.split(/\s+/),
);

/** Functions of ours. Plain values in, plain values out. */
export const OWN: ReadonlyMap<string, (...given: readonly (Json | undefined)[]) => Json> = new Map([
  ['chatMessages', chatMessages],
  ['parseJson', (text: Json | undefined) => (typeof text === 'string' ? (jsonIn(text) ?? null) : null)],
]);

const KNOWN: ReadonlySet<string> = new Set([...BUILT_IN, ...OWN.keys()]);

/** Calls of unknown or forbidden functions. Functions that the expression defines itself are allowed. */
export function unknownFunctions(ast: unknown, source: string): readonly TemplateProblem[] {
  const bound = new Set<string>();
  const calls: { readonly name: string; readonly end: number }[] = [];
  walk(ast, (node) => {
    const { type, value, lhs, arguments: parameters, procedure, position } = node;
    if (type === 'bind' && isObject(lhs)) bound.add(String(lhs['value']));
    if (type === 'lambda' && Array.isArray(parameters)) {
      for (const parameter of parameters) if (isObject(parameter)) bound.add(String(parameter['value']));
    }
    if (type === 'variable' && typeof value === 'string' && FORBIDDEN.has(value))
      calls.push({ name: value, end: Number(position) });
    const called =
      (type === 'function' || type === 'partial') && isObject(procedure) && procedure['type'] === 'variable';
    if (called) calls.push({ name: String(procedure['value']), end: Number(procedure['position']) });
  });
  return calls
    .filter(({ name }) => !KNOWN.has(name) && !bound.has(name) && name !== '')
    .filter(({ name }, index, all) => all.findIndex((other) => other.name === name) === index)
    .map(({ name, end }) => problem(name, end, source));
}

function problem(name: string, end: number, source: string): TemplateProblem {
  const reason = FORBIDDEN.get(name);
  const { hint, fix } = correction(name, [...KNOWN], 'the functions are listed at https://docs.jsonata.org');
  return {
    code: 'unknown-function',
    message:
      reason === undefined
        ? `JSONata has no function \`$${name}\``
        : `\`$${name}\` is not available: ${reason}`,
    ...(reason === undefined && hint !== undefined && { hint: hint.replace('mean `', 'mean `$') }),
    ...(reason === undefined && fix && { fix: { replace: `$${fix.replace}`, instead: `$${fix.instead}` } }),
    span: spanOf(name, end, source),
  };
}

/** Positions are those of the end of a token, or behind it for nodes that JSONata adds itself. */
function spanOf(name: string, end: number, source: string): TemplateProblem['span'] {
  const start = Number.isFinite(end) ? source.lastIndexOf(`$${name}`, end) : source.indexOf(`$${name}`);
  return { offset: Math.max(0, start), length: name.length + 1 };
}

type AstNode = Readonly<Record<string, unknown>>;

function walk(value: unknown, visit: (node: AstNode) => void): void {
  if (Array.isArray(value)) {
    for (const item of value) walk(item, visit);
  } else if (typeof value === 'object' && value !== null) {
    const node = value as AstNode;
    if (typeof node['type'] === 'string') visit(node);
    for (const inner of Object.values(node)) walk(inner, visit);
  }
}
