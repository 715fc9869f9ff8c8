import { builtInRegistries } from '../../src/plugins/registries.js';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TEMPLATES } from '../../src/authoring/templates.js';
import { startLanguageServer, type LanguageServer } from '../rig/language-server.js';
import { projectDir } from '../rig/program.js';

let server: LanguageServer;
beforeAll(async () => {
  server = await startLanguageServer(projectDir);
});
afterAll(() => server.close());

const HEAD = '# yaml-language-server: $schema=../schemas/recipe.schema.json\n';

const MODEL = 'model_configs: [{ alias: m, provider: openai, model: x }]\n';

/** Opens a recipe that is not on disk; `line: message` of each mistake, lines counted from 1. */
async function mistakes(file: string, text: string): Promise<readonly string[]> {
  const found = await server.diagnose(file, text);
  return found.map(({ range, message }) => {
    const { start } = range as unknown as { readonly start: { readonly line: number } };
    return `${start.line + 1}: ${String(message)}`;
  });
}

describe('a recipe in an editor with the YAML language server', () => {
  const ours = Object.keys(TEMPLATES).map((name) =>
    name === 'agent-rollout' ? `recipes/${name}.yaml` : `templates/${name}/${name}.yaml`,
  );
  for (const file of ours) {
    it(`finds nothing to say of ${file}`, async () => {
      expect(await mistakes(file, readFileSync(`${projectDir}/${file}`, 'utf8'))).toEqual([]);
    });
  }

  it('marks a misspelt key at its line', async () => {
    const text = `${HEAD}${MODEL}columns:\n  - name: a\n    column_type: llm-text\n    model_alias: m\n    promt: hello\n`;
    const found = await mistakes('recipes/misspelt-key.yaml', text);
    expect(found).toContainEqual(expect.stringMatching(/^7: .*promt/));
  });

  it('marks a kind of column that does not exist', async () => {
    const text = `${HEAD}columns:\n  - name: a\n    column_type: llm-txt\n`;
    const found = await mistakes('recipes/unknown-kind.yaml', text);
    expect(found).toContainEqual(expect.stringMatching(/^4: .*llm-text/s));
  });

  it('marks a number where it is out of range', async () => {
    const text = `${HEAD}model_configs:\n  - alias: m\n    provider: openai\n    model: x\n    inference_parameters:\n      temperature: 7\ncolumns: [{ name: a, column_type: expression, expr: x }]\n`;
    expect(await mistakes('recipes/too-hot.yaml', text)).toContainEqual(expect.stringMatching(/^7: /));
  });

  it('offers the kinds of columns', async () => {
    const text = `${HEAD}columns:\n  - name: a\n    column_type: \n`;
    await server.diagnose('recipes/kinds.yaml', text);
    const offered = await server.complete('recipes/kinds.yaml', { line: 3, character: 17 });
    expect(offered).toEqual(expect.arrayContaining([...builtInRegistries.columnTypes.keys()]));
  });

  it('offers the keys of the kind that is being written', async () => {
    const text = `${HEAD}columns:\n  - name: a\n    column_type: llm-judge\n    \n`;
    await server.diagnose('recipes/keys.yaml', text);
    const offered = await server.complete('recipes/keys.yaml', { line: 4, character: 4 });
    expect(offered).toEqual(expect.arrayContaining(['model_alias', 'prompt', 'scores']));
    expect(offered).not.toContain('jsonata');
  });
});
