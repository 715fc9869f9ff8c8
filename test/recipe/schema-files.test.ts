import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

import { schemaReader } from '../../src/recipe/refs/schema-files.js';
import { folder } from './support.js';

describe('reading schema files', () => {
  it('reads a file once for all recipes that are read together, and again for the next ones', async () => {
    const file = join(folder({ 'answer.json': '{ "type": "string" }' }), 'answer.json');
    const together = schemaReader();
    const first = await together(file);
    writeFileSync(file, '{ "type": "number" }');
    expect(await together(file)).toBe(first);
    expect(await schemaReader()(file)).toEqual({ ok: true, value: { type: 'number' } });
  });
});
