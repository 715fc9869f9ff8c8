import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { builtInFormats } from '../traces/formats/index.js';
import type { FormatEntry } from '../traces/format.js';
import { createAgentRollout } from '../traces/seed.js';
import type { SeedEntryRows } from '../seeds/types.js';

/**
 * Reads example files with a trace format and checks what dd relies on: `auto` gives each file to this format and
 * to no built-in one, each file gives a row with a message, and a file that is cut at any of several places
 * neither throws nor hangs. Returns what is wrong, a sentence each; empty when the format behaves.
 *
 * @param files example sessions: content by file name
 */
export async function checkFormat(
  format: FormatEntry,
  files: Readonly<Record<string, string>>,
): Promise<readonly string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'dd-format-'));
  const problems: string[] = [];
  try {
    for (const [name, content] of Object.entries(files)) {
      const file = join(folder, basename(name));
      const read = (): Promise<SeedEntryRows> => readFile(format, file);
      await writeFile(file, content);
      problems.push(...wholeProblems(name, format, await read()));
      for (const share of [0.1, 0.35, 0.6, 0.85, 0.99]) {
        await writeFile(file, content.slice(0, Math.floor(content.length * share)));
        const { notes } = await read();
        const bug = notes.find(({ reason }) => reason.startsWith('could not be understood'));
        if (bug) problems.push(`${name}, cut after ${share * 100} %: ${bug.reason}`);
      }
      await rm(file);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return problems;
}

function wholeProblems(name: string, format: FormatEntry, { rows, notes }: SeedEntryRows): readonly string[] {
  if (rows.length === 0)
    return [`${name} gives no row: ${notes.map(({ reason }) => reason).join('; ') || 'without a note'}`];
  return rows.flatMap((row) => {
    const kind = row['source_kind'];
    const messages = row['messages'];
    return [
      ...(kind === format.name ? [] : [`${name} is read as ${String(kind)}, not as ${format.name}`]),
      ...(Array.isArray(messages) && messages.length > 0 ? [] : [`${name} gives a row without messages`]),
    ];
  });
}

/** Reads one file as `auto` would, with the built-in formats before this one. */
async function readFile(format: FormatEntry, path: string): Promise<SeedEntryRows> {
  const type = createAgentRollout([...builtInFormats.filter(({ name }) => name !== format.name), format]);
  const opened = await type.open({ path }, { baseDir: '/', env: {}, homeDir: '/nonexistent' });
  if (!opened.ok) return { rows: [], notes: [note(path, opened.error.message)] };
  return opened.value.read(0);
}

const note = (source: string, reason: string): SeedEntryRows['notes'][number] => ({
  kind: 'filtered',
  source,
  reason,
  count: 1,
});
