import { nameCodes } from './names.js';
import { pluginCodes } from './plugins.js';
import { outsideCodes } from './outside.js';
import { schemaCodes } from './schemas.js';
import { shapeCodes } from './shape.js';
import { templateCodes } from './templates.js';
import type { CodeEntry } from './types.js';
import { yamlCodes } from './yaml.js';

export type { CodeEntry } from './types.js';

/** A group of codes with a title. */
export interface CodeGroup {
  readonly title: string;
  readonly codes: ReadonlyMap<string, CodeEntry>;
}

const group = (title: string, entries: Readonly<Record<string, CodeEntry>>): CodeGroup => ({
  title,
  codes: new Map(Object.entries(entries)),
});

/** Every diagnostic code. Codes are never renamed, because CI configurations refer to them. */
export const CODE_GROUPS: readonly CodeGroup[] = [
  group('Keys and values', shapeCodes),
  group('Names', nameCodes),
  group('Templates, expressions and params', templateCodes),
  group('Schemas and files', schemaCodes),
  group('Secrets, keys and seeds', outsideCodes),
  group('Plugins', pluginCodes),
  group('YAML', yamlCodes),
];

export const CODES: ReadonlyMap<string, CodeEntry> = new Map(CODE_GROUPS.flatMap(({ codes }) => [...codes]));
