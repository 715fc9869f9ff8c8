/**
 * `temperature` and `top_p` that are drawn for each cell. The draw follows from the seed of the run and the cell alone,
 * so a cell asks the same in every run and its answer can be stored. Data Designer draws for every request.
 */
import type { Distribution, InferenceParameters } from '../core/config.js';
import { createRandom, type Random } from '../core/random.js';
import type { Model } from './types.js';

const NAMES = ['temperature', 'top_p'] as const;

/** The parameters of a model as the recipe has them, numbers and distributions apart. */
export function splitParameters(given: InferenceParameters): Pick<Model, 'parameters' | 'drawn'> {
  const { temperature, top_p, ...parameters } = given;
  const both = { temperature, top_p };
  const numbers = NAMES.flatMap((name) => {
    const value = both[name];
    return typeof value === 'number' ? [[name, value] as const] : [];
  });
  const drawn = NAMES.flatMap((name) => {
    const value = both[name];
    return typeof value === 'object' ? [[name, value] as const] : [];
  });
  return {
    parameters: { ...Object.fromEntries(numbers), ...parameters },
    ...(drawn.length > 0 && { drawn: Object.fromEntries(drawn) }),
  };
}

/** The values of a cell. @param random the cell's generator, at its beginning */
export function drawParameters({ drawn = {} }: Model, random: Random): Readonly<Record<string, number>> {
  // Generators of their own: a template may draw from the cell's, and a second parameter must not move the first.
  const start = random();
  return Object.fromEntries(
    NAMES.flatMap((name) => {
      const distribution = drawn[name];
      return distribution ? [[name, draw(distribution, createRandom(start, name))]] : [];
    }),
  );
}

/** The model as one cell asks it. */
export function modelOfCell(model: Model, random: () => Random): Model {
  if (!model.drawn) return model;
  return { ...model, parameters: { ...model.parameters, ...drawParameters(model, random()) } };
}

function draw({ distribution_type: type, params }: Distribution, random: Random): number {
  if (type === 'uniform') return params.low + random() * (params.high - params.low);
  const { values } = params;
  const weights = params.weights ?? values.map(() => 1);
  let rest = random() * weights.reduce((sum, weight) => sum + weight, 0);
  const chosen = weights.findIndex((weight) => (rest -= weight) < 0);
  return values.at(chosen) ?? 0;
}
