import { bernoulliMixture } from './bernoulli-mixture.js';
import { bernoulli } from './bernoulli.js';
import { binomial } from './binomial.js';
import { category } from './category.js';
import { datetime } from './datetime.js';
import { gaussian } from './gaussian.js';
import { personFromFaker } from './person/person-from-faker.js';
import { poisson } from './poisson.js';
import { scipy } from './scipy.js';
import { subcategory } from './subcategory.js';
import { timedelta } from './timedelta.js';
import type { SamplerType } from './types.js';
import { uniform } from './uniform.js';
import { uuid } from './uuid.js';

/** All sampler types. To add one, write its file and add a line here. */
const types = [
  category,
  subcategory,
  uniform,
  gaussian,
  bernoulli,
  bernoulliMixture,
  binomial,
  poisson,
  scipy,
  datetime,
  timedelta,
  personFromFaker,
  uuid,
];

export const SAMPLER_TYPES: ReadonlyMap<string, SamplerType> = new Map(
  types.map((type) => [type.type, type as SamplerType]),
);
