import { datetime } from './datetime.js';
import { personFromFaker } from './person/person-from-faker.js';
import { timedelta } from './timedelta.js';
import type { SamplerType } from './types.js';
import { uuid } from './uuid.js';

/** All sampler types. To add one, write its file and add a line here. */
export const SAMPLER_TYPES: readonly SamplerType[] = [datetime, timedelta, personFromFaker, uuid];
