/**
 * Distributions by the names, parameters and meaning of `scipy.stats`, so that configs written for it mean the same here.
 * Each draw is a function of the generator it is given.
 */
import { isObject, type Json, type JsonObject } from '../core/json.js';
import type { Random } from '../core/random.js';
import { err, ok, type Result } from '../core/result.js';
import { nearest } from '../core/suggest.js';
import {
  drawBeta,
  drawBinomial,
  drawGamma,
  drawHypergeometric,
  drawLogGamma,
  drawNormal,
  drawOpen,
  drawPoisson,
  drawTruncatedNormal,
  drawZipf,
} from './draws.js';

export interface Distribution {
  /** Its draws are whole numbers. */
  readonly isDiscrete: boolean;
  /** The next draw; always finite. */
  draw(random: Random): number;
}

/** A distribution by scipy's name and parameters, or why there is none, as the end of a sentence. */
export function distributionOf(name: string, params: JsonObject): Result<Distribution, string> {
  const family = Object.hasOwn(families, name) ? families[name] : undefined;
  if (family === undefined) {
    const meant = nearest(name, distributionNames);
    const question = meant === undefined ? '' : ` (did you mean "${meant}"?)`;
    return err(`no distribution is called "${name}"${question}; there are ${distributionNames.join(', ')}`);
  }
  const wrong = mistakeIn(params, family.rules);
  if (wrong !== undefined) return err(`${wrong}; ${name} takes ${described(family.rules)}`);
  const given = params as Numbers;
  const impossible = family.check?.(given);
  return impossible === undefined ? ok(family.make(given)) : err(`${name} needs ${impossible}`);
}

type Numbers = Readonly<Record<string, number>>;
/** What a parameter must be; `isOptional` when it has a default. */
interface Rule {
  readonly text: string;
  readonly isOptional?: true;
  holds(value: number): boolean;
}
type Rules = Readonly<Record<string, Rule>>;

interface Family {
  readonly rules: Rules;
  /** What the parameters must fulfil together: the text when they do not. */
  check?(params: Numbers): string | undefined;
  make(params: Numbers): Distribution;
}

const any: Rule = { text: 'a number', holds: Number.isFinite };
/** scipy has infinity for no bound, which JSON cannot write. */
const bound: Rule = { ...any, isOptional: true };
const positive: Rule = { text: 'above 0', holds: (value) => value > 0 && value < Infinity };
const above1: Rule = { text: 'above 1', holds: (value) => value > 1 && value < Infinity };
const notNegative: Rule = { text: '0 or more', holds: (value) => value >= 0 && value < Infinity };
const share: Rule = { text: '0 to 1', holds: (value) => value >= 0 && value <= 1 };
const chance: Rule = { text: 'above 0, up to 1', holds: (value) => value > 0 && value <= 1 };
const whole: Rule = { text: 'a whole number', holds: Number.isSafeInteger };
const count: Rule = {
  text: 'a whole number, 0 or more',
  holds: (value) => Number.isSafeInteger(value) && value >= 0,
};
const shift: Rules = { loc: { ...whole, isOptional: true } };
const shiftAndScale: Rules = {
  loc: { ...any, isOptional: true },
  scale: { ...notNegative, isOptional: true },
};

/** Makes families of `loc + scale * standard`: `standard` gets the shape parameters, and draws with loc 0 and scale 1. */
const familiesOf =
  (isDiscrete: boolean) =>
  <Name extends string>(
    rules: Readonly<Record<Name, Rule>>,
    standard: (params: Readonly<Record<Name, number>>) => (random: Random) => number,
    check?: (params: Readonly<Record<Name, number>>) => string | undefined,
  ): Family => ({
    rules: { ...rules, ...(isDiscrete ? shift : shiftAndScale) },
    ...(check === undefined ? {} : { check }),
    make: (params) => {
      const { loc = 0, scale = 1 } = params;
      const draw = standard(params as Readonly<Record<Name, number>>);
      const limit = isDiscrete ? Number.MAX_SAFE_INTEGER : Number.MAX_VALUE;
      const placed = (x: number): number => (scale === 0 ? loc : loc + scale * x);
      return { isDiscrete, draw: (random) => Math.max(-limit, Math.min(limit, placed(draw(random)))) };
    },
  });
const continuous = familiesOf(false);
const discrete = familiesOf(true);

/** A mean whose draws are far from the end of the exact whole numbers. */
export const LARGEST_MEAN = 1e15;
const meanUpTo = (mean: number): string | undefined =>
  mean <= LARGEST_MEAN ? undefined : `a mean of at most ${LARGEST_MEAN} (it is ${mean.toPrecision(3)})`;

const families: Readonly<Record<string, Family>> = {
  norm: continuous({}, () => drawNormal),
  uniform: continuous({}, () => (random) => random()),
  expon: continuous({}, () => (random) => -Math.log1p(-random())),
  gamma: continuous(
    { a: positive },
    ({ a }) =>
      (random) =>
        drawGamma(random, a),
  ),
  beta: continuous(
    { a: positive, b: positive },
    ({ a, b }) =>
      (random) =>
        drawBeta(random, a, b),
  ),
  lognorm: continuous(
    { s: positive },
    ({ s }) =>
      (random) =>
        Math.exp(s * drawNormal(random)),
  ),
  triang: continuous({ c: share }, ({ c }) => (random) => {
    const u = random();
    return u < c ? Math.sqrt(c * u) : 1 - Math.sqrt((1 - c) * (1 - u));
  }),
  weibull_min: continuous(
    { c: positive },
    ({ c }) =>
      (random) =>
        Math.exp(Math.log(-Math.log1p(-random())) / c),
  ),
  pareto: continuous(
    { b: positive },
    ({ b }) =>
      (random) =>
        Math.exp(-Math.log1p(-random()) / b),
  ),
  t: continuous(
    { df: positive },
    ({ df }) =>
      (random) =>
        drawNormal(random) * Math.exp((Math.log(df / 2) - drawLogGamma(random, df / 2)) / 2),
  ),
  chi2: continuous(
    { df: positive },
    ({ df }) =>
      (random) =>
        2 * drawGamma(random, df / 2),
  ),
  truncnorm: continuous(
    { a: bound, b: bound },
    ({ a = -Infinity, b = Infinity }) =>
      (random) =>
        drawTruncatedNormal(random, a, b),
    ({ a = -Infinity, b = Infinity }) => (a < b ? undefined : `a below b (they are ${a} and ${b})`),
  ),
  laplace: continuous({}, () => (random) => {
    const u = drawOpen(random) - 0.5;
    return -Math.sign(u) * Math.log1p(-2 * Math.abs(u));
  }),
  logistic: continuous({}, () => (random) => {
    const u = drawOpen(random);
    return Math.log(u / (1 - u));
  }),
  cauchy: continuous({}, () => (random) => Math.tan(Math.PI * (random() - 0.5))),
  poisson: discrete(
    { mu: notNegative },
    ({ mu }) =>
      (random) =>
        drawPoisson(random, mu),
    ({ mu }) => meanUpTo(mu),
  ),
  binom: discrete(
    { n: count, p: share },
    ({ n, p }) =>
      (random) =>
        drawBinomial(random, n, p),
  ),
  nbinom: discrete(
    { n: positive, p: chance },
    ({ n, p }) =>
      (random) =>
        drawPoisson(random, (drawGamma(random, n) * (1 - p)) / p),
    ({ n, p }) => meanUpTo((n * (1 - p)) / p),
  ),
  geom: discrete(
    { p: chance },
    ({ p }) =>
      (random) =>
        1 + Math.floor(Math.log1p(-random()) / Math.log1p(-p)),
    ({ p }) => meanUpTo(1 / p),
  ),
  randint: discrete(
    { low: whole, high: whole },
    ({ low, high }) =>
      (random) =>
        low + Math.floor(random() * (high - low)),
    ({ low, high }) => (low < high ? undefined : `low below high (they are ${low} and ${high})`),
  ),
  bernoulli: discrete(
    { p: share },
    ({ p }) =>
      (random) =>
        Number(random() < p),
  ),
  zipf: discrete(
    { a: above1 },
    ({ a }) =>
      (random) =>
        drawZipf(random, a),
  ),
  hypergeom: discrete(
    { M: count, n: count, N: count },
    ({ M, n, N }) =>
      (random) =>
        drawHypergeometric(random, M, n, N),
    ({ M, n, N }) => (n <= M && N <= M ? undefined : `n and N up to M (they are ${n}, ${N} and ${M})`),
  ),
};

/** The names there are. */
export const distributionNames: readonly string[] = Object.keys(families);

function mistakeIn(params: JsonObject, rules: Rules): string | undefined {
  const unknown = Object.keys(params).find((name) => !Object.hasOwn(rules, name));
  if (unknown !== undefined) return `unknown parameter "${unknown}"`;
  for (const [name, rule] of Object.entries(rules)) {
    const value = params[name];
    if (value === undefined) {
      if (rule.isOptional === undefined) return `"${name}" is missing`;
    } else if (typeof value !== 'number' || !rule.holds(value))
      return `"${name}" must be ${rule.text}, not ${shown(value)}`;
  }
  return undefined;
}

function described(rules: Rules): string {
  return Object.entries(rules)
    .map(([name, { text, isOptional }]) => `${name} (${text}${isOptional === undefined ? '' : '; optional'})`)
    .join(', ');
}

const shown = (value: Json): string =>
  typeof value === 'number' ? String(value) : isObject(value) ? 'an object' : JSON.stringify(value);
