import type { SamplerType } from './types.js';
import { uuid } from './uuid.js';

/** All sampler types. To add one, write its file and add a line here. */
export const SAMPLER_TYPES: readonly SamplerType[] = [uuid];
