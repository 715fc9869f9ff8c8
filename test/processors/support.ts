import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JsonObject } from '../../src/core/json.js';
import type { PassingRow, ProcessorContext, ProcessorType } from '../../src/processors/types.js';
import type { ProcessorConfig } from '../../src/core/config.js';
import { typeLookup } from '../../src/recipe/column-schemas.js';

/** What a processor made of rows. */
export interface Processed {
  readonly rows: readonly PassingRow[];
  readonly leftOut: readonly {
    readonly row: number;
    readonly reason: string;
    readonly details?: JsonObject;
  }[];
  readonly beside: readonly JsonObject[];
  readonly notes: readonly string[];
}

/** Passes rows through a processor, with temporary files of its own. */
export async function process<Config extends ProcessorConfig>(
  type: ProcessorType<Config>,
  config: Omit<Config, keyof ProcessorConfig>,
  rows: readonly JsonObject[],
  randomSeed = 0,
  dropped: ReadonlySet<string> = new Set(),
): Promise<Processed> {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const columns = names.map((name) => ({ name, schema: {}, from: 'seed' as const }));
  const typeOf = typeLookup(new Map(columns.map(({ name, schema }) => [name, schema])));
  const whole = { name: 'test', processor_type: type.type, ...config } as Config;
  const prepared = type.prepare(whole, { columns, dropped, isComplete: true, typeOf }, (problem) => {
    throw new Error(problem.message);
  });
  const made = {
    rows: [] as PassingRow[],
    leftOut: [] as Processed['leftOut'][number][],
    beside: [] as JsonObject[],
  };
  const notes = new Set<string>();
  await withFiles(async (temporaryFile) => {
    const context: ProcessorContext = {
      randomSeed,
      temporaryFile,
      leaveOut: async ({ number }, reason, details) =>
        void made.leftOut.push({ row: number, reason, ...(details && { details }) }),
      write: async (row) => void made.beside.push(row),
      note: (text) => notes.add(text),
    };
    for await (const row of prepared.pass(passing(rows), context)) made.rows.push(row);
  });
  return { ...made, notes: [...notes] };
}

/** Rows with their numbers. */
export async function* passing(rows: Iterable<JsonObject>): AsyncGenerator<PassingRow> {
  let number = 0;
  for (const row of rows) {
    yield { row, number };
    number += 1;
  }
}

/** Calls `act` with a source of temporary files, and removes them. */
export async function withFiles(act: (temporaryFile: () => Promise<string>) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'dd-test-'));
  let files = 0;
  try {
    await act(async () => join(folder, String((files += 1))));
  } finally {
    await rm(folder, { recursive: true });
  }
}
