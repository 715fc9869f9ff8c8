import { randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { TransformStream } from 'node:stream/web';
import type { JsonObject } from '../../core/json.js';

/** A file, and how its lines become bytes. */
export interface OutputFile {
  /** Absolute path. */
  readonly file: string;
  encode(lines: AsyncIterable<JsonObject>): AsyncIterable<string | Uint8Array>;
}

/** Gives a line to one of the files; waits while that file has not taken its last one. */
export type Push = (file: number, line: JsonObject) => Promise<void>;

/**
 * Writes several files at once, from one pass over their lines: `fill` pushes each line to its file. The files
 * appear when all of them are whole. Throws what `fill` or an encoder throws.
 */
export async function writeFiles(
  files: readonly OutputFile[],
  fill: (push: Push) => Promise<void>,
): Promise<void> {
  const outputs = files.map(({ file, encode }) => {
    const { readable, writable } = new TransformStream<JsonObject, JsonObject>();
    return { file, draft: `${file}.${randomUUID()}.tmp`, encode, readable, writer: writable.getWriter() };
  });
  try {
    const writing = outputs.map(async ({ draft, encode, readable }) => {
      try {
        await writeDraft(draft, encode(readable));
      } catch (error) {
        await readable.cancel(error).catch(() => undefined);
        throw error;
      }
      // An encoder that ends early takes no more lines; without this the pass would wait for it.
      await readable.cancel();
    });
    const ended = await Promise.allSettled([...writing, pass(outputs, fill)]);
    const failed = ended.find((one) => one.status === 'rejected');
    if (failed) throw failed.reason;
    for (const { draft, file } of outputs) await rename(draft, file);
  } finally {
    await Promise.all(outputs.map(({ draft }) => rm(draft, { force: true })));
  }
}

interface Input {
  readonly writer: WritableStreamDefaultWriter<JsonObject>;
}

async function pass(outputs: readonly Input[], fill: (push: Push) => Promise<void>): Promise<void> {
  try {
    await fill(async (file, line) => outputs[file]?.writer.write(line));
    await Promise.all(outputs.map(({ writer }) => writer.close()));
  } catch (error) {
    await Promise.allSettled(outputs.map(({ writer }) => writer.abort(error)));
    throw error;
  }
}

const TEXT_AT_ONCE = 2 ** 16;

async function writeDraft(draft: string, pieces: AsyncIterable<string | Uint8Array>): Promise<void> {
  await mkdir(dirname(draft), { recursive: true });
  const handle = await open(draft, 'wx');
  try {
    // Lines are short, and a call of the system for each takes longer than all else.
    let text = '';
    for await (const piece of pieces) {
      if (typeof piece === 'string') text += piece;
      if (typeof piece === 'string' && text.length < TEXT_AT_ONCE) continue;
      await handle.writeFile(text);
      text = '';
      if (typeof piece !== 'string') await handle.writeFile(piece);
    }
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
