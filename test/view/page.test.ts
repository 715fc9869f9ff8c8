import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { readReviews } from '../../src/dataset/reviews.js';
import { startBrowser } from '../rig/browser.js';
import { exampleRow, writeDataset } from '../rig/example-dataset.js';
import { createWorkspace, type Running, type Workspace } from '../rig/program.js';

let browser: Browser;
let context: BrowserContext;
let page: Page;
let workspace: Workspace;
let faults: string[];
const started: Running[] = [];

beforeAll(async () => {
  browser = await startBrowser();
});
afterAll(() => browser?.close());
beforeEach(async () => {
  workspace = await createWorkspace();
  context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  context.setDefaultTimeout(10_000);
  page = await context.newPage();
  faults = [];
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(message.text());
  });
});
afterEach(async () => {
  await context.close();
  for (const running of started.splice(0)) running.kill('SIGKILL');
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
});
