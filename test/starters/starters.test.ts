import { writeFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { isObject } from '../../src/core/json.js';
import { TEMPLATES } from '../../src/authoring/templates.js';
import { useStage } from '../rig/stage.js';
import { answerAs, PAGE, pictureOf, readPage, sectionOf, TRIALS, trialOf, withPicture } from './starters.js';

/**
 * Each template is written by `dd init`, run once against the scripted server, and its dataset is opened. What
 * docs/starters.md shows is this dataset: `UPDATE_GOLDEN=1` writes the pictures again.
 */
describe('a template, run', () => {
  const stage = useStage();

  it.each(TRIALS)('%s makes its rows and columns, and the picture in the documentation', async (template) => {
    const { workspace, server } = stage;
    const trial = trialOf(template);
    answerAs(template, server);
    await workspace.run(['init', 'mine', '--template', template]);
    const env = { OPENAI_BASE_URL: server.url, OPENAI_API_KEY: 'sk-test' };
    const limit = trial.flags ?? ['--num-records', String(trial.rows)];
    const ran = await workspace.run(['run', 'mine.yaml', '--quiet', ...limit], env);
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    const made = trial.stage === undefined ? 'mine' : `mine.${trial.stage}`;
    expect(await workspace.failures(made)).toEqual([]);
    const { accept } = await workspace.metadata(made);
    expect(isObject(accept) ? accept['rejected'] : undefined).toBe(trial.rejected);

    const rows = await workspace.rows(`${made}${trial.dataset ?? ''}`);
    expect(rows.map((row) => Object.keys(row))).toEqual(rows.map(() => trial.columns));
    expect(rows).toHaveLength(trial.rows);

    const picture = pictureOf(trial, rows);
    if (process.env['UPDATE_GOLDEN']) writeFileSync(PAGE, withPicture(readPage(), template, picture));
    expect(sectionOf(template)?.picture).toBe(picture);
  });
});

it('docs/starters.md has a section with a paragraph for each template, in the order of dd init', () => {
  const headings = [...readPage().matchAll(/^### (.+)$/gm)].map(([, name]) => name);
  expect(headings).toEqual(Object.keys(TEMPLATES));
  // What agent-rollout makes is in the README, from a test of its own.
  expect(TRIALS.toSorted()).toEqual(headings.filter((name) => name !== 'agent-rollout').toSorted());
  for (const template of headings) expect(sectionOf(template ?? '')?.text).toMatch(/^[A-Z][^]{100,}\.$/);
});
