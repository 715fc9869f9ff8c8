import { createKeywordFinder } from './keywords.js';
import { DISGUISES, plainTextsOf } from './plain.js';
import type { Finding, Rule } from './types.js';

/** The replacement of a finding. It has no character with a meaning in JSON, a shell or a URL's host. */
export const markOf = (kind: string): string => `[REDACTED:${kind}]`;

export interface RedactedText {
  readonly text: string;
  /** What was replaced, in order. */
  readonly findings: readonly { readonly kind: string; readonly value: string }[];
}

/** Replaces the findings of the rules in a text; `undefined` when there are none. */
export type TextRedactor = (text: string) => RedactedText | undefined;

/** @param keeps true for values that stay */
export function createTextRedactor(rules: readonly Rule[], keeps?: (value: string) => boolean): TextRedactor {
  const tries = rules.flatMap((rule) => rule.keywords.map((keyword) => ({ rule, keyword })));
  const find = createKeywordFinder([...tries.map(({ keyword }) => keyword), ...DISGUISES]);

  /** The findings in a text as it is written, and the positions where escapes or colours may hide more. */
  const look = (text: string): Look => {
    const hits = find(text);
    if (hits.length === 0) return NOTHING;
    const findings: Ranked[] = [];
    const disguises: number[] = [];
    let done = 0;
    for (const { keyword, at } of hits) {
      if (at < done) continue;
      const rule = tries[keyword]?.rule;
      if (rule === undefined) disguises.push(at);
      const found = rule?.find(text, at);
      if (!rule || !found) continue;
      const isGeneric = rule.isGeneric === true;
      for (const finding of 'kind' in found ? [found] : found) {
        findings.push({ ...finding, isGeneric });
        // Inside a known token nothing else is searched; inside a generic finding there may be a known token.
        if (!isGeneric) done = finding.end;
      }
    }
    return { findings, disguises };
  };

  const findingsIn = (text: string): readonly Ranked[] => {
    const { findings, disguises } = look(text);
    const hidden =
      disguises.length === 0
        ? []
        : plainTextsOf(text, disguises).flatMap((plain) =>
            look(plain.text).findings.map((found) => ({
              ...found,
              start: plain.startOf(found.start),
              end: plain.endOf(found.end),
            })),
          );
    const all = hidden.length === 0 ? findings : [...findings, ...hidden];
    const found = all.length < 2 ? all : merged(all);
    return keeps ? found.filter(({ start, end }) => !keeps(text.slice(start, end))) : found;
  };

  return (text) => {
    const findings = findingsIn(text);
    if (findings.length === 0) return undefined;
    let redacted = '';
    let done = 0;
    for (const { kind, start, end } of findings) {
      redacted += text.slice(done, afterHalf(text, start)) + markOf(kind);
      done = afterHalf(text, end);
    }
    return {
      text: redacted + text.slice(done),
      findings: findings.map(({ kind, start, end }) => ({ kind, value: text.slice(start, end) })),
    };
  };
}

/** A bound of a rule's pattern may fall between the two halves of a character beyond the basic plane. */
function afterHalf(text: string, at: number): number {
  const isBetween =
    (text.charCodeAt(at) & 0xfc00) === 0xdc00 && (text.charCodeAt(at - 1) & 0xfc00) === 0xd800;
  return isBetween ? at + 1 : at;
}

interface Look {
  readonly findings: readonly Ranked[];
  readonly disguises: readonly number[];
}

const NOTHING: Look = { findings: [], disguises: [] };

type Ranked = Finding & { readonly isGeneric: boolean };

/** Kinds that say least. */
const PLAIN = new Set(['secret', 'password']);

/** In order and without overlaps: overlapping findings become one, with the kind that says most. */
function merged(findings: readonly Ranked[]): readonly Ranked[] {
  const result: Ranked[] = [];
  for (const finding of findings.toSorted((a, b) => a.start - b.start)) {
    const last = result.at(-1);
    if (last === undefined || last.end <= finding.start) {
      result.push(finding);
      continue;
    }
    const isBetter = last.isGeneric && !(finding.isGeneric && PLAIN.has(finding.kind));
    const { kind, isGeneric } = isBetter ? finding : last;
    result[result.length - 1] = { kind, isGeneric, start: last.start, end: Math.max(last.end, finding.end) };
  }
  return result;
}
