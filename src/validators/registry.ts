import { code } from './code/index.js';
import { custom } from './custom.js';
import { expression } from './expression.js';
import { jsonSchema } from './json-schema.js';
import { regex } from './regex.js';
import { remote } from './remote.js';
import type { ValidatorType } from './types.js';

/** The validators by `validator_type`. To add one, write its file and add a line here. */
export const VALIDATOR_TYPES: ReadonlyMap<string, ValidatorType> = new Map(
  ([code, jsonSchema, regex, expression, remote, custom] as readonly ValidatorType<never>[]).map((type) => [
    type.type,
    type as ValidatorType,
  ]),
);
