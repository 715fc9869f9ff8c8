import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { readReviews } from '../../src/dataset/reviews.js';
import { startBrowser, WAIT_LIMIT } from '../rig/browser.js';
import { COLUMNS, exampleRow, writeDataset } from '../rig/example-dataset.js';
import { png } from '../rig/media.js';
import { startModelServer } from '../rig/model-server.js';
import { PICTURE, writePicture } from '../rig/pictures.js';
import { createWorkspace, type Running, type Workspace } from '../rig/program.js';
import { openAiModel, smallRecipe, textColumn } from '../rig/small-recipe.js';
import { writeSessions } from '../rig/traces.js';

let browser: Browser;
let context: BrowserContext;
let page: Page;
let workspace: Workspace;
let faults: string[];
const started: Running[] = [];
const closing: (() => Promise<void>)[] = [];

beforeAll(async () => {
  browser = await startBrowser();
});
afterAll(() => browser?.close());
beforeEach(async () => {
  workspace = await createWorkspace();
  context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  context.setDefaultTimeout(WAIT_LIMIT);
  page = await context.newPage();
  faults = [];
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(message.text());
  });
});
afterEach(async () => {
  await context.close();
  for (const running of started) running.kill('SIGINT');
  await Promise.all(started.splice(0).map(({ ended }) => ended));
  for (const close of closing.splice(0)) await close();
  await workspace.remove();
});

/** Starts `dd view` and returns the address that it prints. */
async function view(
  args: readonly string[] = ['example', '--no-open'],
): Promise<{ url: string; running: Running }> {
  const running = workspace.start(['view', ...args]);
  started.push(running);
  await running.says('Ctrl-C ends it.');
  return { url: await running.prints(/http:\S+/), running };
}

async function open(count = 40): Promise<void> {
  await writeDataset(
    workspace.path('artifacts/example'),
    Array.from({ length: count }, (_, number) => exampleRow(number)),
  );
  const { url } = await view();
  await page.goto(url);
  await page.getByRole('row', { name: 'trace-000' }).waitFor();
}

/** Opens a folder that was published. */
async function publish(): Promise<void> {
  await page.route('http://published.test/**', async (route) => {
    const { pathname } = new URL(route.request().url());
    await route.fulfill({ path: workspace.path('public', pathname === '/' ? 'index.html' : pathname) });
  });
  await page.goto('http://published.test/');
}

const reviewOf = async (key: string) => (await readReviews(workspace.path('artifacts/example'))).get(key);

describe('the page of dd view', () => {
  it('shows the rows, and nothing of the token in the address', async () => {
    await open();
    expect(await page.getByRole('grid').getAttribute('aria-rowcount')).toBe('42');
    expect(new URL(page.url()).search).toBe('');
    expect(await page.title()).toBe('example · dd view');
    expect(faults).toEqual([]);
  });

  it('filters by a bar, searches, sorts, and keeps it all in the address', async () => {
    await open();
    await page.getByRole('region', { name: 'groundedness' }).getByRole('button', { name: /^4:/ }).click();
    await page.getByText('8 of 40 rows').waitFor();
    await page.getByRole('searchbox').fill('part 14');
    await page.getByText('1 of 40 rows').waitFor();
    await page.getByRole('searchbox').fill('');
    await page.getByRole('columnheader', { name: 'trace id' }).getByRole('button').click();
    await page.locator('[aria-rowindex="3"]', { hasText: 'trace-039' }).waitFor();
    await page.reload();
    await page.locator('[aria-rowindex="3"]', { hasText: 'trace-039' }).waitFor();
    await page.getByText('8 of 40 rows').waitFor();
    expect(faults).toEqual([]);
  });

  it('reads a row as a conversation, and goes on within the filter', async () => {
    await open();
    await page.getByRole('region', { name: 'groundedness' }).getByRole('button', { name: /^4:/ }).click();
    await page.getByText('8 of 40 rows').waitFor();
    await page.keyboard.press('j');
    const record = page.getByRole('region', { name: 'Row', exact: true });
    await record.getByText('1 of 8').waitFor();
    await record.getByRole('heading', { name: 'trace-004' }).waitFor();
    await record.getByText('Why does part 4 fail?').waitFor();
    await record.getByText('return 4').waitFor({ state: 'hidden' });
    await record.locator('summary', { hasText: 'bash' }).click();
    await record.getByText('return 4').waitFor();
    expect(await record.locator('.t-comment').textContent()).toBe('# comment');
    await page.keyboard.press('j');
    await record.getByRole('heading', { name: 'trace-009' }).waitFor();
    await page.keyboard.press('k');
    await record.getByRole('heading', { name: 'trace-004' }).waitFor();
    expect(faults).toEqual([]);
  });

  it('saves verdicts, scores, corrections and notes at once', async () => {
    await open();
    await page.keyboard.press('j');
    const record = page.getByRole('region', { name: 'Row', exact: true });
    await record.getByRole('heading', { name: 'trace-000' }).waitFor();
    await page.keyboard.press('y');
    await record.getByText('Saved').waitFor();
    await page.keyboard.press('s');
    await page.keyboard.press('3');
    await page.keyboard.press('0');
    await page.keyboard.press('e');
    await page.getByRole('textbox', { name: 'Corrected response' }).fill('It has no import.');
    await page.keyboard.press('Control+Enter');
    await page.keyboard.press('m');
    await page.keyboard.type('Checked by hand.');
    const saved = page.waitForResponse(
      (response) => response.request().postData()?.includes('by hand') ?? false,
    );
    await page.keyboard.press('Enter');
    await saved;
    await page.getByText('you agree in 1 of 1').waitFor();
    await record.getByText('The original').waitFor();
    await page.reload();
    await record.getByText('It has no import.').first().waitFor();
    expect(await record.getByRole('textbox', { name: 'Note' }).inputValue()).toBe('Checked by hand.');
    expect(await reviewOf('trace_id:trace-000')).toMatchObject({
      verdict: 'keep',
      scores: { 'judge.groundedness.score': 3, 'judge.usefulness.score': 0 },
      edits: { response: 'It has no import.' },
      note: 'Checked by hand.',
    });
    expect(faults).toEqual([]);
  });

  it('does what keys say one after the other, however slowly rows come', async () => {
    await open(3);
    await page.keyboard.press('j');
    const record = page.getByRole('region', { name: 'Row', exact: true });
    await record.getByRole('heading', { name: 'trace-000' }).waitFor();
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    await page.route(/\/api\/(place|record)\?/, async (route) => {
      await released;
      await route.continue();
    });
    for (const key of ['j', 'y', 'j', 'm', 'x']) await page.keyboard.press(key);
    release();
    await record.getByRole('heading', { name: 'trace-002' }).waitFor();
    // What follows a key that opens a field was meant for the field, which was not there.
    await record.getByRole('textbox', { name: 'Note' }).and(page.locator(':focus')).waitFor();
    await page.keyboard.type('yxj');
    await page.keyboard.press('Enter');
    await record.getByText('Saved').waitFor();
    expect(await reviewOf('trace_id:trace-000')).toBeUndefined();
    expect(await reviewOf('trace_id:trace-001')).toMatchObject({ verdict: 'keep' });
    expect(await reviewOf('trace_id:trace-002')).not.toHaveProperty('verdict');
    expect(await reviewOf('trace_id:trace-002')).toMatchObject({ note: 'yxj' });
    expect(faults).toEqual([]);
  });

  it('loses no review while the server cannot be reached, or when it is refused', async () => {
    await page.clock.install();
    await open(3);
    await page.getByRole('row', { name: 'trace-000' }).click();
    const record = page.getByRole('region', { name: 'Row', exact: true });
    await record.getByRole('heading', { name: 'trace-000' }).waitFor();
    await page.route('**/api/review?*', (route) => route.abort());
    await page.keyboard.press('y');
    await record.getByText('Not saved yet, trying again').waitFor();
    await page.keyboard.press('e');
    await page.getByRole('textbox', { name: 'Corrected response' }).fill('It has no import.');
    // A click on another row leaves the text, and does not lose it.
    await page.getByRole('row', { name: 'trace-001' }).click();
    await record.getByRole('heading', { name: 'trace-001' }).waitFor();
    await page.keyboard.press('k');
    await record.getByRole('heading', { name: 'trace-000' }).waitFor();
    await record.getByText('It has no import.').waitFor();
    expect(await record.getByRole('button', { name: 'Keep' }).getAttribute('aria-pressed')).toBe('true');
    expect(await reviewOf('trace_id:trace-000')).toBeUndefined();
    const asking = page.waitForEvent('dialog');
    await page.close({ runBeforeUnload: true });
    const asked = await asking;
    expect(asked.type()).toBe('beforeunload');
    await asked.dismiss();
    await page.unroute('**/api/review?*');
    await page.clock.fastForward(1000);
    await record.getByText('Saved', { exact: true }).waitFor();
    expect(await reviewOf('trace_id:trace-000')).toMatchObject({
      verdict: 'keep',
      edits: { response: 'It has no import.' },
    });
    await page.route('**/api/review?*', (route) => route.fulfill({ status: 409 }));
    await page.keyboard.press('m');
    await page.keyboard.type('Look again.');
    await page.keyboard.press('Enter');
    const alert = page.getByRole('alert');
    await alert.getByText('trace_id:trace-000: {"note":"Look again."}').waitFor();
    await alert.getByRole('button', { name: 'Dismiss' }).click();
    await alert.waitFor({ state: 'detached' });
    expect(await reviewOf('trace_id:trace-000')).not.toHaveProperty('note');
  });

  it('shows hostile rows, and runs nothing of them', async () => {
    const markup = '<img src=x onerror="document.title=1"><script>document.title=2</script>';
    const call = {
      id: 'c',
      type: 'function',
      function: { name: markup, arguments: `{"${markup.replaceAll('"', "'")}":"x"}` },
    };
    const hostile = exampleRow(1, {
      trace_id: markup,
      instruction: `${markup}\u001b]0;owned\u0007 \u202Egpj.exe javascript:alert(1) [x](javascript:alert(1))`,
      response: 'long '.repeat(400_000),
      messages: [
        { role: 'user', content: [{ type: 'text', text: `\`\`\`html\n${markup}\n\`\`\`` }] },
        {
          role: markup,
          content: [{ type: 'image_url', image_url: { url: 'https://example.com/x.png' } }],
          tool_calls: [call],
        },
      ],
      judge: { groundedness: { reasoning: markup, score: markup }, usefulness: { reasoning: '', score: 2 } },
    });
    const asked: string[] = [];
    page.on('request', (request) => asked.push(new URL(request.url()).origin));
    const dataset = workspace.path('artifacts/example');
    const remote = ['https://example.com/y.png', '//example.com/z.png', 'data:image/svg+xml;base64,PHN2Zz4='];
    const rows = [
      { ...hostile, picture: remote },
      exampleRow(2, { picture: ['images/picture/../x.png', ...remote] }),
      exampleRow(3, {
        picture: [await writePicture(dataset), png.toString('base64')],
        messages: [
          { role: 'user', content: [{ type: 'image_url', image_url: { url: await writePicture(dataset) } }] },
        ],
      }),
    ];
    await writeDataset(dataset, rows, [...COLUMNS, PICTURE]);
    const { url } = await view();
    await page.goto(url);
    await page.getByRole('row', { name: 'trace-002' }).waitFor();
    await page.keyboard.press('j');
    const record = page.getByRole('region', { name: 'Row', exact: true });
    await record.getByText('U+202E').waitFor();
    await record.getByText('␛').waitFor();
    await record.locator('summary', { hasText: markup }).click();
    await record.getByRole('button', { name: 'Show more of 2,000,000 characters' }).click();
    expect(await record.locator('img, script, a').count()).toBe(0);
    await page.keyboard.press('j');
    await record.getByRole('heading', { name: 'trace-002' }).waitFor();
    await record.getByRole('listitem').getByText('https://example.com/y.png').waitFor();
    expect(await record.locator('img').count()).toBe(0);
    // Pictures of the dataset and of the row itself are shown, in the table too.
    await page.keyboard.press('j');
    await record.getByAltText('picture, 1 of 2').waitFor();
    await page.waitForFunction('[...document.images].every(({ naturalWidth }) => naturalWidth > 0)');
    const shown = '[...document.images].map(({ alt, loading, src }) => [alt, loading, src.split(":", 1)[0]])';
    expect(await page.evaluate(shown)).toEqual([
      ['picture of row 3', 'lazy', 'http'],
      ['picture, 1 of 2', 'lazy', 'http'],
      ['picture, 2 of 2', 'lazy', 'data'],
      ['in the prompt', 'lazy', 'http'],
    ]);
    expect(faults).toEqual([]);
    expect(await page.title()).toBe('example · dd view');
    expect([...new Set(asked)]).toEqual([new URL(url).origin]);
  });

  const twoRuns = async (): Promise<void> => {
    await writeDataset(
      workspace.path('artifacts/example'),
      [0, 1, 2].map((number) => exampleRow(number)),
    );
    await writeDataset(workspace.path('artifacts/other'), [
      exampleRow(1, {
        response: 'Part 1 fails because of its loop.',
        judge: {
          groundedness: { reasoning: 'It names the loop.', score: 4 },
          usefulness: { reasoning: 'It can be acted on.', score: 3 },
        },
        recommended: true,
      }),
      exampleRow(2),
    ]);
  };
  /** Compares the second row, by keyboard, and looks at what is marked. */
  const comparesTheSecondRow = async (): Promise<void> => {
    await page.getByRole('row', { name: 'trace-001' }).click();
    const record = page.getByRole('region', { name: 'Row', exact: true });
    await record.getByRole('heading', { name: 'trace-001' }).waitFor();
    expect(await record.getByRole('combobox', { name: 'Compare with' }).inputValue()).toBe('');
    await page.keyboard.press('c');
    await record.getByText('3 of 8 columns changed').waitFor();
    const [here, there] = ['example', 'other'].map((name) =>
      record.getByRole('group', { name: `response in ${name}` }),
    );
    expect(await here?.locator('del').allTextContents()).toEqual(['import']);
    expect(await there?.locator('ins').allTextContents()).toEqual(['loop']);
    expect(await record.getByRole('row', { name: /^groundedness/ }).textContent()).toContain('14 +3');
    expect(await record.getByRole('row', { name: /^recommended/ }).textContent()).toContain('true flipped');
    await record.getByRole('group', { name: 'Reasons in other' }).getByText('the loop').waitFor();
    // What did not change is shown once.
    expect(await record.getByRole('group', { name: /^(instruction|messages) in/ }).count()).toBe(0);
    expect(await record.getByText('Explain why part 1 fails.').count()).toBe(1);
    await page.keyboard.press('j');
    await record.getByText('Nothing changed').waitFor();
    await page.keyboard.press('k');
    await record.getByText('3 of 8 columns changed').waitFor();
    await page.keyboard.press('k');
    await record.getByText('It has no row with this trace id').waitFor();
  };

  it('shows two runs side by side, with what changed marked', async () => {
    await page.setViewportSize({ width: 1280, height: 800 });
    await twoRuns();
    const { url } = await view(['example', 'other', '--no-open']);
    await page.goto(url);
    await comparesTheSecondRow();
    await page.keyboard.press('j');
    const facet = page.getByRole('region', { name: 'compared with other' });
    await facet.getByRole('button', { name: 'new score: 1 of 1 rows' }).click();
    await page.getByText('1 of 3 rows').waitFor();
    expect(new URL(page.url()).search).toBe('?f=%40compared.1%7Eis%7Enew+score&with=1&row=1');
    await page.reload();
    const record = page.getByRole('region', { name: 'Row', exact: true });
    await record.getByText('3 of 8 columns changed').waitFor();
    await page.getByText('1 of 3 rows').waitFor();
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(1280);
    for (const name of ['example', 'other']) {
      const box = await record.getByRole('group', { name: `response in ${name}` }).boundingBox();
      expect(box?.width).toBeGreaterThan(300);
      expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(1280);
    }
    // A correction is made in the place of the text, beside the other one.
    await page.keyboard.press('e');
    await page.getByRole('textbox', { name: 'Corrected response' }).fill('It has no loop.');
    await page.keyboard.press('Control+Enter');
    await record.getByText('Saved').waitFor();
    await record.getByRole('group', { name: 'response in example' }).getByText('It has no loop.').waitFor();
    // The filter goes with the comparison.
    await record.getByRole('combobox', { name: 'Compare with' }).selectOption('nothing');
    await page.getByText('3 rows', { exact: true }).waitFor();
    expect(new URL(page.url()).search).toBe('?row=1');
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keys' }).getByText('compare with the next dataset').waitFor();
    expect(faults).toEqual([]);
  });

  it('follows the other run when it is made again', async () => {
    await twoRuns();
    const { url } = await view(['example', 'other', '--no-open']);
    await page.goto(`${url}&with=1&row=2`);
    const record = page.getByRole('region', { name: 'Row', exact: true });
    await record.getByText('Nothing changed').waitFor();
    await writeDataset(workspace.path('artifacts/other'), [exampleRow(2, { response: 'Another answer.' })]);
    await record.getByText('1 of 8 columns changed').waitFor();
    await record.getByRole('group', { name: 'response in other' }).getByText('Another').waitFor();
    expect(faults).toEqual([]);
  });

  it('compares in a published folder too', async () => {
    await twoRuns();
    expect((await workspace.run(['view', 'example', 'other', '--bundle', 'public'])).code).toBe(0);
    await publish();
    await comparesTheSecondRow();
    await page.getByRole('button', { name: 'only here: 1 of 1 rows' }).click();
    await page.getByText('1 of 3 rows').waitFor();
    expect(faults).toEqual([]);
  });

  it('says that the connection is lost, and is up to date when it is there again', async () => {
    await page.route('**/api/news', (route) => route.abort());
    await open(3);
    await page.getByRole('alert').getByText('The connection is lost').waitFor();
    await writeDataset(workspace.path('artifacts/example'), [exampleRow(7)]);
    await page.unroute('**/api/news');
    await page.getByRole('row', { name: 'trace-007' }).waitFor();
    expect(await page.getByRole('alert').count()).toBe(0);
    expect(await page.getByRole('row').count()).toBe(3);
  });

  it('keeps reviews when the dataset is made again, and says that the answers have changed', async () => {
    await open(3);
    await page.keyboard.press('j');
    const record = page.getByRole('region', { name: 'Row', exact: true });
    await record.getByRole('heading', { name: 'trace-000' }).waitFor();
    await page.keyboard.press('x');
    await record.getByText('Saved').waitFor();
    await writeDataset(workspace.path('artifacts/example'), [exampleRow(0, { response: 'Another answer.' })]);
    await record.getByText('Another answer.').waitFor();
    await record.getByText('About earlier answers').waitFor();
    expect(await record.getByRole('button', { name: 'Drop' }).getAttribute('aria-pressed')).toBe('true');
  });

  it('lists failed cells with every attempt', async () => {
    const failure = {
      row: 4,
      column: 'judge',
      class: 'schema',
      message: 'no valid answer',
      attempts: [
        { class: 'schema', message: 'score is missing', answer: '{"reasoning":"first"}' },
        { class: 'schema', message: 'no JSON', answer: 'second' },
      ],
      seed: { trace_id: 'trace-004' },
    };
    await workspace.write('artifacts/example/failures.jsonl', `${JSON.stringify(failure)}\n`);
    await open(1);
    await page.getByRole('button', { name: 'Failed cells 1' }).click();
    await page.getByText('second').waitFor();
    await page.getByText('Attempt 1: score is missing').click();
    await page.getByText('{"reasoning":"first"}').waitFor();
    expect(faults).toEqual([]);
  });

  it('shows a dataset while it is made, and after', async () => {
    const server = await startModelServer();
    closing.push(() => server.close());
    await writeSessions(workspace, 2);
    const recipe = smallRecipe({ models: [openAiModel('a')], columns: [textColumn('one', 'a')] });
    await workspace.write('small.yaml', recipe);
    const run = workspace.start(['run', 'small.yaml'], { OPENAI_BASE_URL: server.url, OPENAI_API_KEY: 'k' });
    started.push(run);
    (await server.next()).reply('the first answer');
    const second = await server.next();
    const { url } = await view(['small', '--no-open']);
    await page.goto(url);
    await page.getByText('the first answer').waitFor();
    await page.getByText('running', { exact: true }).waitFor();
    second.reply('the second answer');
    await page.getByText('the second answer').waitFor();
    await page.getByText('running', { exact: true }).waitFor({ state: 'detached' });
    expect((await run.ended).code).toBe(0);
    await page.getByRole('row', { name: 'the second answer' }).click();
    await page.getByText('Prompts, as the models get them').click();
    await page
      .getByText(second.prompt.trim().split('\n')[0] ?? '')
      .first()
      .waitFor();
    expect(await readdir(workspace.path('artifacts/small'))).not.toContain('running.json');
  });

  it('shows the pictures of prompts: files of the dataset, and those that a row names beside the recipe', async () => {
    const dataset = workspace.path('artifacts/example');
    const recipe = `
model_configs: [{ alias: m, provider: openai, model: gpt-5 }]
seed_config: { source: { seed_type: rows, rows: [{ photo: x.png, picture: x.png, trace_id: x }] } }
columns:
  - { name: response, column_type: llm-text, model_alias: m, prompt: Describe them., multi_modal_context: [{ column_name: photo }, { column_name: picture }] }
`;
    const columns = [{ name: 'photo', schema: { type: 'string' }, from: 'seed' }, PICTURE, ...COLUMNS];
    const picture = [await writePicture(dataset)];
    await writeDataset(dataset, [exampleRow(1, { photo: 'photos/owl.png', picture })], columns);
    const metadata = JSON.parse(await readFile(join(dataset, 'metadata.json'), 'utf8')) as object;
    const origin = { recipe: '../../project/recipe.yaml', cwd: '../..' };
    await workspace.write('artifacts/example/metadata.json', JSON.stringify({ ...metadata, origin }));
    await workspace.write('artifacts/example/recipe.yaml', recipe);
    await workspace.write('project/recipe.yaml', recipe);
    await mkdir(workspace.path('project/photos'));
    await writeFile(workspace.path('project/photos/owl.png'), png);
    const { url } = await view();
    await page.goto(url);
    await page.getByRole('row', { name: 'trace-001' }).click();
    const record = page.getByRole('region', { name: 'Row', exact: true });
    // Pictures are loaded when they come into sight.
    await record.getByAltText('photo').scrollIntoViewIfNeeded();
    await record.getByText('Prompts, as the models get them').click();
    await record.getByAltText('in the prompt').nth(0).scrollIntoViewIfNeeded();
    await record.getByAltText('in the prompt').nth(1).scrollIntoViewIfNeeded();
    await page.waitForFunction('[...document.images].every(({ naturalWidth }) => naturalWidth > 0)');
    expect(await record.getByAltText('in the prompt').count()).toBe(2);
    expect(faults).toEqual([]);
  });

  it('can be published as a folder, read-only', async () => {
    const dataset = workspace.path('artifacts/example');
    const picture = [await writePicture(dataset)];
    const rows = [exampleRow(4), exampleRow(5), exampleRow(9, { picture })];
    await writeDataset(dataset, rows, [...COLUMNS, PICTURE]);
    const review = {
      key: 'trace_id:trace-009',
      at: '2026-01-01T00:00:00.000Z',
      made: '',
      verdict: 'drop',
      note: 'why',
    };
    await workspace.write('artifacts/example/reviews.jsonl', `${JSON.stringify(review)}\n`);
    expect(await workspace.run(['view', 'example', '--bundle', 'public'])).toMatchObject({
      code: 0,
      stdout: 'public\n',
    });
    expect((await workspace.run(['view', 'example', '--bundle', 'public'])).stderr).toContain('is not empty');
    await publish();
    await page.getByRole('row', { name: 'trace-005' }).waitFor();
    await page.getByRole('region', { name: 'groundedness' }).getByRole('button', { name: /^4:/ }).click();
    await page.getByText('2 of 3 rows').waitFor();
    await page.getByRole('searchbox').fill('part 9 ');
    await page.getByText('1 of 3 rows').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('row', { name: 'trace-009' }).click();
    const record = page.getByRole('region', { name: 'Row', exact: true });
    await record.getByText('Why does part 9 fail?').waitFor();
    expect(await record.getByRole('button', { name: 'Drop' }).isDisabled()).toBe(true);
    expect(await record.getByRole('textbox', { name: 'Note' }).inputValue()).toBe('why');
    expect(await record.getByRole('button', { name: 'Correct' }).count()).toBe(0);
    await record.getByAltText('picture').waitFor();
    await page.waitForFunction('[...document.images].every(({ naturalWidth }) => naturalWidth > 0)');
    expect(faults).toEqual([]);
  });
});
