import { builtInRegistries } from '../../src/plugins/registries.js';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';

import type { PlanTools } from '../../src/engine/make-plan.js';
import { planLoaded } from '../../src/engine/plan-stages.js';
import { resolveEndpoint } from '../../src/models/providers/providers.js';
import { loadRecipe } from '../../src/recipe/load.js';
import { toDiagnostics } from '../../src/recipe/to-diagnostics.js';
import { parseTemplate } from '../../src/template/jinja.js';
import { renderDiagnostics, summarizeDiagnostics } from '../../src/cli/render/diagnostics.js';

/**
 * Every `gallery/*.yaml` is a recipe with a mistake, and the `.txt` beside it what is said of it.
 * `UPDATE_GALLERY=1` writes the texts again: read the difference before keeping it.
 */
const gallery = fileURLToPath(new URL('./gallery/', import.meta.url));

const registries = builtInRegistries;

const { providers } = builtInRegistries;

const tools: PlanTools = {
  parseTemplate,
  providers,
  resolveEndpoint: (provider, config) => resolveEndpoint(provider, config, {}, providers),
};

async function said(name: string): Promise<string> {
  const loaded = await loadRecipe(name, { cwd: gallery, reservedFlags: ['--seed', '--preview'] }, registries);
  const { problems } = planLoaded(loaded, tools);
  const diagnostics = toDiagnostics(problems, loaded.source);
  const view = { cwd: gallery, color: false, textOf: () => loaded.source.text, width: 100 };
  return `${renderDiagnostics(diagnostics, view)}\n${summarizeDiagnostics(diagnostics)}\n`;
}

describe('the gallery of mistakes', () => {
  for (const name of readdirSync(gallery).filter((file) => file.endsWith('.yaml'))) {
    it(`says of ${name} what the file beside it has`, async () => {
      const text = await said(name);
      const golden = `${gallery}${name.replace(/\.yaml$/, '.txt')}`;
      if (process.env['UPDATE_GALLERY']) writeFileSync(golden, text);
      expect(text).toBe(readFileSync(golden, 'utf8'));
    });
  }
});
