/** Names and values, as in `.env` files, JSON, YAML, code, URLs, tables and command lines. */
import { isPlaceholder, looksRandom, looksSecret } from './judgement.js';
import { nameAt, NAMES, type NameKind } from './names.js';
import { CALL, CELL, FIELD, MEMBER, MORE_WORDS, NEXT_LINE, OPERATORS } from './separators.js';
import { endOf } from './sticky.js';
import { inTable } from './tables.js';
import { labelOf, thresholdsFor } from './thresholds.js';
import type { Finding, Rule } from './types.js';
import { readLineValue, readValue, endOfSecret, judgedPart, type Value } from './values.js';

export const assignment: Rule = {
  keywords: NAMES,
  isGeneric: true,
  find(text, at) {
    const name = nameAt(text, at);
    if (name === undefined) return undefined;
    const { kind, end } = name;
    return (
      afterOperator(text, at, kind, endOf(OPERATORS, text, end)) ??
      onNextLine(text, at, kind, endOf(NEXT_LINE, text, end)) ??
      inMember(text, at, kind, endOf(MEMBER, text, end)) ??
      afterFlag(text, at, kind, end) ??
      besides(text, at, kind, end) ??
      afterOperator(text, at, 'weak', endOf(CALL, text, end) ?? endOf(MORE_WORDS, text, end)) ??
      inTable(text, at, end)
    );
  },
};

function afterOperator(
  text: string,
  at: number,
  kind: NameKind,
  valueAt: number | undefined,
): Finding | undefined {
  if (valueAt === undefined) return undefined;
  const line = kind === 'weak' ? undefined : readLineValue(text, at, valueAt);
  if (line && isSecret(text, line, kind, false)) return found(text, kind, line);
  const value = readValue(text, valueAt);
  const isCode =
    value?.isQuoted === false &&
    SPACED.test(text.slice(valueAt - 1, valueAt)) &&
    !HEADER.test(text.slice(Math.max(0, at - 48), at));
  return value && isSecret(text, value, kind, isCode) ? found(text, kind, value) : undefined;
}

/** NuGet's `<add key="ClearTextPassword" value="…" />` */
const SETTING = /<add[ \t]+key=\\{0,7}"(?:cleartext)?$/i;

function inMember(
  text: string,
  at: number,
  kind: NameKind,
  valueAt: number | undefined,
): Finding | undefined {
  const finding = afterOperator(text, at, kind, valueAt);
  if (finding || valueAt === undefined || !SETTING.test(text.slice(Math.max(0, at - 32), at))) return finding;
  const value = readValue(text, valueAt);
  const isPassword = value?.isClosed === true && kind === 'password' && value.end - value.start >= 8;
  return isPassword && !isPlaceholder(judgedPart(text, value)) ? found(text, kind, value) : undefined;
}

const LINE_END = /[ \t]*(?:$|\r?\n|(?:\\{1,15}r)?\\{1,15}n|\\{0,15}")|[ \t]*[;,]/y;

function onNextLine(
  text: string,
  at: number,
  kind: NameKind,
  valueAt: number | undefined,
): Finding | undefined {
  const finding = afterOperator(text, at, kind, valueAt);
  return finding && endOf(LINE_END, text, finding.end) !== undefined ? finding : undefined;
}

/** `--password VALUE` */
const FLAG = /(?:^|[\s"'`])--?[\w-]{0,32}$/;
const SPACES = /[ \t]{1,4}/y;

function afterFlag(text: string, at: number, kind: NameKind, end: number): Finding | undefined {
  const valueAt = endOf(SPACES, text, end);
  if (valueAt === undefined || !FLAG.test(text.slice(Math.max(0, at - 34), at))) return undefined;
  return afterOperator(text, at, kind, valueAt);
}

/** A command or a line that gives a name and a value without an operator. */
const GIVES =
  /(?:^|[\r\n]|\\[nr]|")[ \t]{0,16}[\w.-]{0,60}$|(?:env|setx?|config|secrets?|add|put|from-literal|param|header|-[gUx]{1,3})[ \t]+(?:-{1,2}\w+[ \t]+)*["']?[\w.:/-]{0,60}$/i;
const WORD_END = /(?=[\s,;|│"'`<]|\\|$)/y;

/** The value is in the next cell, field or column, or is the next word; so much can stand there that it must look random. */
function besides(text: string, at: number, kind: NameKind, end: number): Finding | undefined {
  const cell = endOf(CELL, text, end);
  const valueAt = cell ?? endOf(FIELD, text, end);
  const value = valueAt === undefined ? undefined : readValue(text, valueAt);
  if (value === undefined || (!value.isClosed && endOf(WORD_END, text, value.end) === undefined))
    return undefined;
  const part = judgedPart(text, value);
  const isGiven = (): boolean => cell !== undefined || GIVES.test(text.slice(Math.max(0, at - 80), at));
  const isFound =
    looksRandom(part) || (kind !== 'weak' && looksSecret(part, thresholdsFor(kind, true)) && isGiven());
  return isFound ? { kind: labelOf(kind), start: value.start, end: value.end } : undefined;
}

function isSecret(text: string, value: Value, kind: NameKind, isCode: boolean): boolean {
  const part = judgedPart(text, value);
  return kind === 'weak' ? looksRandom(part) : looksSecret(part, thresholdsFor(kind, isCode));
}

function found(text: string, kind: NameKind, value: Value): Finding {
  return { kind: labelOf(kind), start: value.start, end: endOfSecret(text, value) };
}

const SPACED = /[ \t]/;
/** `curl -H "X-Api-Key: …` */
const HEADER = /(?:-H|--header)[ \t=]{0,4}\\{0,7}["'][\w-]{0,32}$/;
