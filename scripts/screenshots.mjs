/**
 * Makes the pictures of the README: `dd view` on the flagship's example traces.
 *
 *   npm run build && node scripts/screenshots.mjs
 *
 * The rows are those of a dry run on the example traces. Its made-up texts are replaced: the instruction is what was
 * asked in the session, the response is its last answer, and scores follow from the trace's id. So the pictures are the
 * same on every machine with Chromium and the fonts Inter and JetBrains Mono (Debian: fonts-inter fonts-jetbrains-mono).
 */
import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { chromium } from 'playwright-core';

const root = fileURLToPath(new URL('..', import.meta.url));
const dd = join(root, 'bin', 'run.js');
const images = join(root, 'docs', 'images');
const folder = await mkdtemp(join(tmpdir(), 'dd-screenshots-'));

const REASONS = {
  groundedness: [
    'Names the file and the cause that the session found.',
    'The fix is the one in the digest; one step is general advice.',
  ],
  standalone_task: [
    'Can be answered without the session.',
    'The reader has to guess which service is meant.',
  ],
  response_quality: [
    'Specific, and short enough to act on.',
    'Right, but it does not say how to check the fix.',
  ],
  faithfulness: ['Nothing is invented.', 'One flag is not in the digest.'],
  training_utility: [
    'Teaches to look for the cause before changing code.',
    'Useful, though the case is narrow.',
  ],
};

try {
  await makeDataset();
  const view = spawn(process.execPath, [dd, 'view', 'agent-rollout', '--no-open'], { cwd: folder });
  const [address] = await once(view.stdout, 'data');
  await takePictures(String(address).trim());
  view.kill('SIGINT');
  await once(view, 'exit');
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function makeDataset() {
  const args = [
    'run',
    'agent-rollout',
    '--trace-dir',
    'examples',
    '--dry-run',
    '--quiet',
    '--dataset-name',
    'agent-rollout',
  ];
  await promisify(execFile)(process.execPath, [dd, ...args], { cwd: folder });
  const dataset = join(folder, 'artifacts', 'agent-rollout');
  const part = join(dataset, 'data', 'part-00000.jsonl');
  const rows = (await readFile(part, 'utf8'))
    .trim()
    .split('\n')
    .map((line) => rewritten(JSON.parse(line)));
  await writeFile(part, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  const metadata = JSON.parse(await readFile(join(dataset, 'metadata.json'), 'utf8'));
  await writeFile(join(dataset, 'metadata.json'), JSON.stringify({ ...metadata, fabricated: false }));
}

/** A row with texts of its session in place of made-up ones. */
function rewritten(row) {
  const instruction = textOf(row.messages.find(({ role }) => role === 'user'))
    .replaceAll(/<[\w-]+>[\s\S]*?<\/[\w-]+>\s*/g, '')
    .trim();
  const response = row.final_assistant_message ?? '';
  const random = (name) => createHash('sha256').update(`${row.trace_id} ${name}`).digest()[0];
  const base = Math.min(4, 1 + Math.floor(response.length / 60) + (random('base') % 3));
  const judged = Object.entries(REASONS).map(([name, reasons]) => {
    const score = Math.max(0, base - (random(name) % 4 === 0 ? 1 : 0) - (random(name) % 17 === 0 ? 1 : 0));
    return [name, { reasoning: score === 4 ? reasons[0] : reasons[1], score }];
  });
  const value = ['low', 'medium', 'high'][Math.max(0, Math.min(2, base - 2))];
  const difficulty = ['easy', 'medium', 'hard'][Math.min(2, Math.floor(row.message_count / 5))];
  const tags = [['debugging', 'root cause'], ['testing'], ['explaining'], ['shell', 'operations']][
    random('tags') % 4
  ];
  const scores = Object.fromEntries(judged.map(([name, { score }]) => [`${name}_score`, score]));
  return {
    ...row,
    source_path: row.source_path.replace(/^.*\/examples\//, '/home/dev/'),
    trace_digest: {
      ...row.trace_digest,
      user_goal: instruction,
      repository_context: row.project_path ?? '',
      task_type: row.tool_call_count > 2 ? 'bug fix' : 'question',
      notable_actions: tags,
      useful_outcome: response.split('\n')[0],
      training_value: value,
      quality_notes: 'complete',
    },
    sft_record: { instruction, response, skill_tags: tags, difficulty },
    sft_quality_judge_result: Object.fromEntries(judged),
    sft_instruction: instruction,
    sft_response: response,
    sft_skill_tags: tags,
    ...scores,
    trace_training_value: value,
    recommended_for_sft: judged.every(([, { score }]) => score === 4) && value === 'high',
  };
}

function textOf(message) {
  return (message?.content ?? []).map(({ text = '' }) => text).join('\n');
}

async function takePictures(address) {
  await mkdir(images, { recursive: true });
  const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
  const browser = await chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-gpu', '--font-render-hinting=none'],
  });
  const page = await browser.newPage({
    viewport: { width: 1440, height: 820 },
    colorScheme: 'light',
    deviceScaleFactor: 1.5,
  });
  await page.goto(address);
  await page.getByRole('row', { name: 'csv-quotes-0412' }).waitFor();
  const record = page.getByRole('region', { name: 'Row', exact: true });
  const decide = async (title, ...keys) => {
    await page.getByRole('row', { name: title }).first().click();
    await record.getByRole('heading', { name: title }).waitFor();
    for (const key of keys)
      await Promise.all([page.waitForResponse(/api\/review/), page.keyboard.press(key)]);
  };
  await decide('conv-0001', 'y');
  await decide('port-clash-main', 'y');
  await decide('conversations:3', 'x');
  await page.keyboard.press('Escape');
  await page.getByRole('grid').evaluate((grid) => {
    grid.scrollTo(0, 0);
    document.activeElement?.blur();
  });
  await page.getByRole('region', { name: 'training utility' }).getByRole('button', { name: /^4:/ }).waitFor();
  await page.mouse.move(700, 790);
  await page.screenshot({ path: join(images, 'view-table.png') });
  await page.getByRole('region', { name: 'standalone task' }).getByRole('button', { name: /^4:/ }).click();
  await page.getByText(/^\d+ of \d+ rows$/).waitFor();
  await decide('csv-quotes-0412', 'y');
  await page.keyboard.press('s');
  for (const key of ['4', '4'])
    await Promise.all([page.waitForResponse(/api\/review/), page.keyboard.press(key)]);
  await page.getByText('you agree in 1 of 1').first().waitFor();
  await page.setViewportSize({ width: 1360, height: 1060 });
  await record.locator('summary', { hasText: 'cat convert.py' }).click();
  await record.evaluate((pane) => pane.scrollTo(0, 0));
  await page.evaluate(() => document.activeElement?.blur());
  await page.mouse.move(700, 790);
  await page.screenshot({ path: join(images, 'view-record.png') });
  await browser.close();
}
