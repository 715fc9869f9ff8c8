import { startsAtHome } from '../../core/home.js';
import { resolve } from 'node:path';

import type { Json } from '../../core/json.js';
import { err, ok, type Result } from '../../core/result.js';
import type { Problem } from '../../core/problem.js';
import { flagOf, type DeclaredParam } from './specs.js';
import { didYouMean, didYouMeanOneOf } from '../../core/suggest.js';

/** Values from the command line, by param name. */
export type GivenParams = Readonly<Record<string, string | number | boolean>>;

export interface ParamValues {
  /** Flags override defaults; a param with neither is missing. */
  readonly values: ReadonlyMap<string, Json>;
  readonly problems: readonly Problem[];
}

/** Determines the value of every param. Paths from the command line are resolved against `cwd`. */
export function paramValues(params: readonly DeclaredParam[], given: GivenParams, cwd: string): ParamValues {
  const values = new Map<string, Json>();
  const problems: Problem[] = [];
  const wrong = (name: string, message: string, hint: string | undefined): void => {
    problems.push({
      code: 'invalid-param',
      message,
      ...(hint ? { hint } : {}),
      at: [],
      place: { file: flagOf(name) },
    });
  };
  for (const param of params) {
    if (param.spec.default !== undefined) values.set(param.name, param.spec.default);
  }
  for (const [name, text] of Object.entries(given)) {
    const param = params.find((declared) => declared.name === name);
    if (!param) {
      wrong(
        name,
        `this recipe has no param \`${name}\``,
        didYouMeanOneOf(
          name,
          params.map((known) => known.name),
        ),
      );
      continue;
    }
    const value = readValue(param, String(text), cwd);
    if (value.ok) values.set(name, value.value);
    else wrong(name, value.error.message, value.error.hint);
  }
  return { values, problems };
}

interface Refusal {
  readonly message: string;
  readonly hint?: string;
}

function readValue({ spec, type }: DeclaredParam, text: string, cwd: string): Result<Json, Refusal> {
  if (spec.enum) return readChoice(spec.enum, text);
  if (spec.format === 'path') return readPath(text, cwd);
  switch (type) {
    case 'string':
      return ok(text);
    case 'boolean':
      return readBoolean(text);
    case 'integer':
      return /^[+-]?\d{1,15}$/.test(text)
        ? ok(Number(text))
        : refuse(`takes a whole number, not \`${text}\``);
    case 'number':
      return text.trim() !== '' && Number.isFinite(Number(text))
        ? ok(Number(text))
        : refuse(`takes a number, not \`${text}\``);
  }
}

function readChoice(choices: readonly (string | number)[], text: string): Result<Json, Refusal> {
  const chosen = choices.find((choice) => String(choice) === text);
  if (chosen !== undefined) return ok(chosen);
  const hint = didYouMean(text, choices.map(String));
  return refuse(`takes one of ${choices.join(', ')}, not \`${text}\``, hint);
}

function readPath(text: string, cwd: string): Result<Json, Refusal> {
  if (text === '') return refuse('takes a path, not an empty value');
  // Shells do not expand `--flag=~/x`; the code that opens the path does.
  return ok(startsAtHome(text) ? text : resolve(cwd, text));
}

const YES = new Set(['true', 'yes', '1', 'on']);
const NO = new Set(['false', 'no', '0', 'off']);

function readBoolean(text: string): Result<Json, Refusal> {
  const word = text.toLowerCase();
  if (YES.has(word)) return ok(true);
  return NO.has(word) ? ok(false) : refuse(`takes true or false, not \`${text}\``);
}

function refuse(message: string, hint?: string): Result<never, Refusal> {
  return err(hint === undefined ? { message } : { message, hint });
}
